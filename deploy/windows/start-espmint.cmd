@echo off
rem Starts the service and opens its page. No terminal knowledge needed: a double click.
setlocal
set "HERE=%~dp0"
if exist "%HERE%node.exe" (set "NODE=%HERE%node.exe") else (set "NODE=node")
if exist "%HERE%node_modules\espmint\bin\espmint.js" (set "ESPMINT=%HERE%node_modules\espmint\bin\espmint.js") else (set "ESPMINT=%APPDATA%\npm\node_modules\espmint\bin\espmint.js")
start "" "http://127.0.0.1:8484"
"%NODE%" "%ESPMINT%" serve
if errorlevel 1 pause
