// Command operate is the step operate of .ci/run: a day in the life of three instances of a
// service, with a real Prometheus, a real Alertmanager and the files of deploy/.
//
//	bash ci/operate.sh
//
// The service (ci/operate/service) is wired as docs/operations.md says, and reads a Nacos server in
// this process. The day is a list of phases (phases.go). In each one something goes wrong, and the
// command checks that
//
//   - the expected alerts reach the receiver of their tier, with the labels of their tier, and end
//     when the cause is gone,
//   - no other alert fires,
//   - the metrics of each instance agree with its Health, and nacre rollout status says the same by
//     the one as by the other.
//
// At the end, every expression of the rules, of the dashboard, and of the runbook has returned data
// at some time of the day.
//
// # What is scaled
//
// A day takes five minutes, since every duration of the rules is divided: by 60 if it is shorter
// than an hour, by 180 if it is shorter than a day, and otherwise by 3600. So 5 minutes are 5 s, an
// hour is 20 s, a day 24 s and 7 days 168 s. That applies to "for", to ranges and offsets, and to
// numbers that are compared with time(). Shares and counts stay. The waits of Alertmanager are
// divided in the same way. Prometheus scrapes and evaluates every second, not every minute. The
// instances compare their keys with the server every second, not every 30 s.
//
// # Processes
//
// Prometheus, Alertmanager and the instances end with this command, also if it is killed. It runs
// on Linux.
package main
