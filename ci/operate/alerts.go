package main

import "fmt"

// receivers are who gets the alerts of a tier, and severities the label of each.
var (
	receivers  = map[string]string{"P0": "pager", "P1": "chat", "P2": "tickets"}
	severities = map[string]string{"P0": "critical", "P1": "warning", "P2": "info"}
)

// tiers are all alerts with their tiers. Each one is provoked in a phase.
var tiers = map[string]string{
	"NacreConfigNotReady":      "P0",
	"NacreConfigsDiffer":       "P0",
	"NacreLayerNotVerified":    "P0",
	"NacreStructsDiffer":       "P1",
	"NacreInstanceIDShared":    "P1",
	"NacreMetricsAbsent":       "P1",
	"NacreConfigRejected":      "P1",
	"NacreConfigRolledBack":    "P1",
	"NacreLayerDown":           "P1",
	"NacreLayerHeld":           "P1",
	"NacreBreakerOpened":       "P1",
	"NacreSubscriberFailed":    "P1",
	"NacreSubscriberBehind":    "P1",
	"NacreSubscriberStuck":     "P1",
	"NacreResourceBuildFailed": "P1",
	"NacreHookFailed":          "P1",
	"NacreHookRecordMissing":   "P1",
	"NacreNacosDisconnected":   "P1",
	"NacreNacosPushesLost":     "P1",
	"NacreNacosAccessDenied":   "P1",
	"NacreConfigPinned":        "P2",
	"NacreRestartPending":      "P2",
	"NacreDocumentAbsent":      "P2",
	"NacreFromLastKnownGood":   "P2",
	"NacreSubscriberSlow":      "P2",
	"NacreLastKnownGoodFailed": "P2",
	"NacreEventsDropped":       "P2",
	"NacreNacosReconnects":     "P2",
}

// notProvoked has, for an alert that no phase delivers, the reason.
var notProvoked = map[string]string{}

// checkAlerts returns what the table, the rules and the phases do not have in common.
func checkAlerts(file ruleFile, phases []phase) (wrong []string) {
	in := map[string]bool{}
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			if r.Alert == "" {
				continue
			}
			in[r.Alert] = true
			if tier := tiers[r.Alert]; tier == "" || r.Labels["tier"] != tier || r.Labels["severity"] != severities[tier] {
				wrong = append(wrong, fmt.Sprintf("the rule %s has the labels %v, and the table of this command has the tier %q", r.Alert, r.Labels, tier))
			}
		}
	}
	delivered := map[string]bool{}
	for _, p := range phases {
		for name, fate := range p.expect {
			if tiers[name] == "" {
				wrong = append(wrong, fmt.Sprintf("the phase %q expects %s, which is not an alert", p.name, name))
			}
			delivered[name] = delivered[name] || fate == isDelivered || fate == isDeliveredAndLasts
		}
	}
	for name := range tiers {
		if !in[name] {
			wrong = append(wrong, "the rules do not have "+name)
		}
		if delivered[name] == (notProvoked[name] != "") {
			wrong = append(wrong, fmt.Sprintf("%s is delivered in a phase: %t; the reason why it is not is %q", name, delivered[name], notProvoked[name]))
		}
	}
	return wrong
}
