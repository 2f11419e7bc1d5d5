# Runs espmint at the start of Windows, as the user who calls this, without a window. As administrator:
#   powershell -ExecutionPolicy Bypass -File install-task.ps1
# Remove it with: Unregister-ScheduledTask -TaskName espmint
$ErrorActionPreference = 'Stop'
$node = (Get-Command node.exe).Source
$program = Join-Path $env:APPDATA 'npm\node_modules\espmint\bin\espmint.js'
if (-not (Test-Path $program)) { throw "espmint is not installed: run 'npm install --global' with the package file first" }
$action = New-ScheduledTaskAction -Execute $node -Argument "`"$program`" serve"
$trigger = New-ScheduledTaskTrigger -AtStartup
$settings = New-ScheduledTaskSettingsSet -RestartCount 3 -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit 0
$principal = New-ScheduledTaskPrincipal -UserId "$env:USERDOMAIN\$env:USERNAME" -LogonType S4U -RunLevel Limited
Register-ScheduledTask -TaskName espmint -Action $action -Trigger $trigger -Settings $settings -Principal $principal
Start-ScheduledTask -TaskName espmint
