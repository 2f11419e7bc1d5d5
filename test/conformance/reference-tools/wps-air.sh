# An access point and a station without a radio: hostapd and wpa_supplicant on two ends of a cable of their own.
# Usage: unshare --net sh wps-air.sh FOLDER. Each line of standard input, such as pin=12345670 or pbc=1, starts a station anew
# with it. Prints what both log. Ends with its standard input.
set -eu
cd "$1"
cat >hostapd.conf <<END
interface=ap0
driver=wired
ctrl_interface=$1/ap
ieee8021x=1
eap_server=1
eap_user_file=$1/users
wps_state=2
ssid=Lab
wpa=2
wpa_passphrase=lab-password
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
config_methods=label push_button keypad
device_type=6-0050F204-1
END
echo '"WFA-SimpleConfig-Enrollee-1-0" WSC' >users
ip link set lo up
ip link add ap0 type veth peer name sta0
ip link set ap0 up
ip link set sta0 up
hostapd hostapd.conf &
ap=$!
station=
count=10
trap 'kill $ap $station 2>/dev/null || true' EXIT
while read -r how; do
  if [ -n "$station" ]; then
    kill "$station"
    wait "$station" || true
  fi
  # The access point lets one that failed wait for a minute: each is another station.
  count=$((count + 1))
  ip link set sta0 address "02:00:00:00:00:$count"
  cat >station.conf <<END
ap_scan=0
network={
  key_mgmt=IEEE8021X
  eap=WSC
  identity="WFA-SimpleConfig-Enrollee-1-0"
  phase1="$how"
  eapol_flags=0
}
END
  wpa_supplicant -D wired -i sta0 -c station.conf &
  station=$!
done
