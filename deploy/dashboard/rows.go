package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

// row is panels under a heading.
type row struct {
	title  string
	panels []panel
}

func rows() []row {
	return []row{fleet(), freshness(), changes(), users(), session()}
}

// fleet is who runs what, since when, and where it is not the newest.
func fleet() row {
	return row{"Fleet", []panel{
		number("Ready", "The part of the instances whose config is ready.", units.PercentUnit, "red", "green", 1,
			target{`sum(nacre_config_ready{C}) / count(nacre_config_ready{C})`, ""}),
		number("Configurations", "The largest number of different configurations that instances of one service run: 1, except while a change spreads.",
			units.Short, "green", "red", 2,
			target{`max(count by (job, config) (count by (job, config, sum) (nacre_config_info{C})))`, ""}),
		number("Not the newest", "Instances that have not applied the newest content: it is rejected, held or not verified.", units.Short, "green", "orange", 1,
			target{`count(max by (job, config, instance) (nacre_layer_rejected{C} + nacre_layer_held{C} + nacre_layer_stale{C}) > 0) or vector(0)`, ""}),
		number("Pinned", "Instances on which an operator holds all changes.", units.Short, "green", "orange", 1,
			target{`sum(nacre_config_pinned{C})`, ""}),
		list("Who runs what", "The digest of the live configuration, the release that a manifest names, and how long ago new content was accepted.",
			units.Seconds, "accepted ago", half,
			target{`(time() - max by (job, config, instance) (nacre_config_last_apply_success_timestamp_seconds{C})) * on (job, config, instance) group_right () max by (job, config, instance, sum, release) (nacre_config_info{C})`, ""}),
		list("Why it is not the newest", "Layers whose newest content is not live.", units.Short, "is", half,
			target{`label_replace(nacre_layer_rejected{C} == 1, "state", "rejected", "", "") or label_replace(nacre_layer_held{C} == 1, "state", "held", "", "") or label_replace(nacre_layer_stale{C} == 1, "state", "stale", "", "")`, ""}),
		graph("Instances by configuration", "How many instances run each configuration. A change moves all of them.", units.Short, half,
			target{`count by (job, config, sum) (nacre_config_info{C})`, "{{job}} {{config}} {{sum}}"}),
		graph("Newest content accepted", "The part of the instances that have rejected nothing.", units.PercentUnit, quarter,
			target{`avg by (job, config) (nacre_config_last_apply_successful{C})`, "{{job}} {{config}}"}),
		graph("Live version", "Versions count from the start of the process.", units.Short, quarter,
			target{`max by (job, config) (nacre_config_version{C})`, "{{job}} {{config}} highest"},
			target{`min by (job, config) (nacre_config_version{C})`, "{{job}} {{config}} lowest"}),
		graph("Instances by struct", "How many instances bind each struct of the service: more than one while a deploy runs.", units.Short, half,
			target{`count by (job, config, struct) (nacre_instance_info{C})`, "{{job}} {{config}} {{struct}}"}),
		graph("Instances that share an ID", "They count as one where a percentage chooses instances.", units.Short, half,
			target{`sum by (job, config) (count by (job, config, id) (nacre_instance_info{C, id!=""}) > 1)`, "{{job}} {{config}}"}),
	}}
}

// freshness is whether changes arrive, and how fast.
func freshness() row {
	return row{"Freshness", []panel{
		graph("Time since the layer was verified", "The instance that is furthest behind. A healthy layer of Nacos stays below a minute.", units.Seconds, third,
			target{`max by (job, config, layer) (time() - nacre_layer_verified_timestamp_seconds{C})`, "{{job}} {{layer}}"}),
		graph("Instances whose layer is down", "The source fails, and its last content stays in use.", units.Short, third,
			target{`sum by (job, config, layer) (1 - nacre_layer_up{C})`, "{{job}} {{layer}}"}),
		count("Outages", "How often a source began to fail.", third,
			target{`sum by (job, config, layer) (increase(nacre_layer_down_total{C}[$__rate_interval]))`, "{{job}} {{layer}}"}),
		graph("From publish to live", "By the clock of the origin and that of the instance.", units.Seconds, third,
			target{`histogram_quantile(0.99, sum by (le, layer) (rate(nacre_publish_to_live_seconds_bucket{C}[$__rate_interval])))`, "99 % {{layer}}"},
			target{`histogram_quantile(0.5, sum by (le, layer) (rate(nacre_publish_to_live_seconds_bucket{C}[$__rate_interval])))`, "50 % {{layer}}"}),
		graph("Last known good copy", "Instances that run on the copy or the seed, and those that cannot keep their copy.", units.Short, third,
			target{`sum by (job, config, layer) (nacre_layer_from_last_known_good{C})`, "{{job}} {{layer}} runs on it"},
			target{`sum by (job, config) (nacre_last_known_good_failed{C})`, "{{job}} {{config}} cannot keep it"}),
		graph("Age of the copy", "The oldest copy. It is saved after each change, so its age alone is not a fault.", units.Seconds, third,
			target{`max by (job, config) (time() - nacre_last_known_good_saved_timestamp_seconds{C})`, "{{job}} {{config}}"}),
	}}
}

// changes is what was decided, and why not.
func changes() row {
	return row{"Changes and rejections", []panel{
		count("Decisions", "What the instances decided on new content.", third,
			target{`sum by (result) (increase(nacre_changes_total{C}[$__rate_interval]))`, "{{result}}"}),
		count("Rejections", "By layer and kind of problem.", third,
			target{`sum by (layer, kind) (increase(nacre_rejections_total{C}[$__rate_interval])) > 0`, "{{layer}} {{kind}}"}),
		graph("Time to apply", "From the start of a decision to the swap.", units.Seconds, third,
			target{`histogram_quantile(0.99, sum by (le, job, config) (rate(nacre_apply_duration_seconds_bucket{C}[$__rate_interval])))`, "99 % {{job}} {{config}}"},
			target{`histogram_quantile(0.5, sum by (le, job, config) (rate(nacre_apply_duration_seconds_bucket{C}[$__rate_interval])))`, "50 % {{job}} {{config}}"}),
		count("Too many bad changes", "How often a layer had so many that further ones are held.", third,
			target{`sum by (job, config, layer) (increase(nacre_breaker_opened_total{C}[$__rate_interval]))`, "{{job}} {{layer}}"}),
		graph("Keys that wait for a restart", "On the instance with the most.", units.Short, third,
			target{`max by (job, config) (nacre_config_pending_restart_keys{C})`, "{{job}} {{config}}"}),
		graph("Documents and keys to look at", "On the instance with the most: absent documents, keys that no field has, and deprecated keys.", units.Short, third,
			target{`max by (job, layer) (nacre_layer_absent_documents{C})`, "{{job}} {{layer}} absent"},
			target{`max by (job, layer) (nacre_layer_unused_keys{C})`, "{{job}} {{layer}} unused"},
			target{`max by (job, layer) (nacre_layer_deprecated_keys{C})`, "{{job}} {{layer}} deprecated"}),
	}}
}

// users is who uses the configuration.
func users() row {
	return row{"Subscribers and resources", []panel{
		count("Calls of subscribers", "By how they ended.", third,
			target{`sum by (subscriber, result) (increase(nacre_subscriber_calls_total{C}[$__rate_interval]))`, "{{subscriber}} {{result}}"}),
		graph("Time of a call", "99 % of the calls take less.", units.Seconds, third,
			target{`histogram_quantile(0.99, sum by (le, subscriber) (rate(nacre_subscriber_duration_seconds_bucket{C}[$__rate_interval])))`, "{{subscriber}}"}),
		graph("Calls that run now", "The longest one.", units.Seconds, third,
			target{`max by (job, subscriber) (time() - nacre_subscriber_call_start_timestamp_seconds{C})`, "{{job}} {{subscriber}}"}),
		graph("Subscribers that are behind", "Instances on which a newer version waits.", units.Short, third,
			target{`sum by (job, config, subscriber) (nacre_subscriber_pending{C})`, "{{job}} {{subscriber}}"}),
		graph("Version of the subscriber", "The lowest among the instances. It stays as long as nothing changes that the subscriber selects.", units.Short, third,
			target{`min by (job, config, subscriber) (nacre_subscriber_version{C})`, "{{job}} {{subscriber}}"}),
		count("Slow calls, and events that were not counted", "Calls that have passed their deadline, and events that the queue of the metrics had no room for.", third,
			target{`sum by (job, subscriber) (increase(nacre_subscriber_slow_total{C}[$__rate_interval]))`, "{{job}} {{subscriber}} slow"},
			target{`sum by (job, config) (increase(nacre_observer_dropped_total{C}[$__rate_interval]))`, "{{job}} {{config}} not counted"}),
		count("Builds of resources", "By how they ended.", half,
			target{`sum by (resource, result) (increase(nacre_resource_builds_total{C}[$__rate_interval]))`, "{{resource}} {{result}}"}),
		graph("Users of resources", "Of the live instance of the resource.", units.Short, half,
			target{`sum by (job, config, resource) (nacre_resource_users{C})`, "{{job}} {{resource}}"}),
		graph("Hooks that do not run", "Instances whose version has failed for good, and instances without the record of the hook.", units.Short, half,
			target{`sum by (job, config, hook) (nacre_hook_failed{C})`, "{{job}} {{hook}} failed"},
			target{`sum by (job, config, hook) (nacre_hook_record_missing{C})`, "{{job}} {{hook}} no record"}),
		graph("Hooks that run", "Instances that run the hook now, and those whose last request to the record has failed.", units.Short, half,
			target{`sum by (job, config, hook) (nacre_hook_running{C})`, "{{job}} {{hook}}"},
			target{`sum by (job, config, hook) (nacre_hook_error{C})`, "{{job}} {{hook}} error"}),
	}}
}

// session is the connection to Nacos.
func session() row {
	return row{"Nacos session", []panel{
		graph("Connected", "The part of the instances that have a connection.", units.PercentUnit, third,
			target{`avg by (job, client) (nacre_nacos_connected{N})`, "{{job}} {{client}}"}),
		graph("Connections by server", "How the instances are spread over the servers.", units.Short, third,
			target{`count by (server) (nacre_nacos_server_info{N})`, "{{server}}"}),
		count("Connections", "New ones after a loss, attempts in which every server failed, and heartbeats without an answer.", third,
			target{`sum by (job, client) (increase(nacre_nacos_reconnects_total{N}[$__rate_interval]))`, "{{job}} {{client}} connected again"},
			target{`sum by (job, client) (increase(nacre_nacos_connect_failures_total{N}[$__rate_interval]))`, "{{job}} {{client}} failed"},
			target{`sum by (job, client) (increase(nacre_nacos_heartbeats_missed_total{N}[$__rate_interval]))`, "{{job}} {{client}} heartbeat missed"}),
		count("Changes that arrived", "By a push, or only by the comparison of all keys.", third,
			target{`sum by (job, client) (increase(nacre_nacos_pushes_total{N}[$__rate_interval]))`, "{{job}} {{client}} pushed"},
			target{`sum by (job, client) (increase(nacre_nacos_reconcile_changed_total{N}[$__rate_interval]))`, "{{job}} {{client}} push lost"}),
		count("Reads", "By their result.", third,
			target{`sum by (result) (increase(nacre_nacos_reads_total{N}[$__rate_interval]))`, "{{result}}"}),
		count("Errors", "By code.", third,
			target{`sum by (code) (increase(nacre_nacos_errors_total{N}[$__rate_interval])) > 0`, "{{code}}"}),
		graph("Keys", "How many the sessions listen to.", units.Short, third,
			target{`sum by (job, client) (nacre_nacos_keys{N})`, "{{job}} {{client}}"}),
		graph("Instances by rule", "By which rule of a routing document the instances are routed.", units.Short, third,
			target{`count by (job, routes, rule) (nacre_nacos_route_info{N})`, "{{job}} {{routes}} {{rule}}"}),
		graph("Comparisons with the server", "For each instance, in a second; every 30 s is 0.033.", units.OpsPerSecond, third,
			target{`avg by (job, client) (rate(nacre_nacos_reconciles_total{N}[$__rate_interval]))`, "{{job}} {{client}}"}),
		count("Events that were not counted", "Because too many waited.", third,
			target{`sum by (job, client) (increase(nacre_nacos_events_dropped_total{N}[$__rate_interval]))`, "{{job}} {{client}}"}),
	}}
}
