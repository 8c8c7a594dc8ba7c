#!/bin/sh
# Runs inside the Debian of service_test.py, started by its systemd once noci.service is up. Each
# step writes `== name` and what it saw to /srv/probe.out; the test outside judges.
exec >/srv/probe.out 2>&1

step() { echo "== $1"; }

settled() { # waits until `noci status` says what is asked for
  for _ in $(seq 600); do
    noci status 2>&1 | grep -Eq "$1" && return
    sleep 0.1
  done
  echo "in vain: $1"
}

active() { # a reload has begun when `systemctl reload` returns, and need not have ended
  for _ in $(seq 600); do
    [ "$(systemctl is-active noci)" = active ] && break
    sleep 0.1
  done
  systemctl is-active noci
}

logs=/var/log/matrix-synapse
step started
systemctl show noci -p ActiveState,SubState,User,NRestarts
stat -c '%n %U %a' /run/noci /run/noci/control.sock /var/lib/noci /var/lib/noci/noci.db
tr '\0' '\n' <"/proc/$(systemctl show -P MainPID noci)/status" | grep -E '^(NoNewPrivs|Seccomp|CapEff|Uid)'

step alerts
cat /srv/capture.log >>"$logs/homeserver.log"
settled '^last_alert .* (firing|escalated) '
noci status

step rotated
mv "$logs/homeserver.log" "$logs/homeserver.log.1"
(umask 077 && : >"$logs/homeserver.log")
settled '2 files opened'
noci status

step refused_reload
echo 'colour: red' >>/etc/noci/noci.yaml
systemctl reload noci
echo "reload ended with $?"
for _ in $(seq 600); do
  journalctl --no-pager -q -u noci | grep -q colour && break
  sleep 0.1
done
active
journalctl --no-pager -q -u noci | grep colour

step reload
sed -i '$d' /etc/noci/noci.yaml
systemctl reload noci
echo "reload ended with $?"
active

step killed
kill -9 "$(systemctl show -P MainPID noci)"
for _ in $(seq 600); do
  [ "$(systemctl show -P NRestarts noci)" = 1 ] && [ "$(systemctl is-active noci)" = active ] && break
  sleep 0.1
done
systemctl show noci -p ActiveState,NRestarts
noci status

step stopped
systemctl stop noci
systemctl show noci -p Result,ExecMainStatus

step journal
journalctl --no-pager -q -o cat -u noci

step purged
systemctl start noci
dpkg --purge noci
systemctl show noci -p LoadState,ActiveState
getent passwd noci
getfacl -R "$logs" 2>/dev/null | grep noci
find / -xdev -name '*noci*' -not -path '/proc/*' -not -path '/srv/*' -not -path '/var/log/journal/*' -not -path '/run/log/*'

step end
systemctl --no-block poweroff
