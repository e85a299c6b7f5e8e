package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const docs = "https://github.com/nacre-go/nacre/blob/main/docs/"

// build returns the dashboard. Its uid stays, so that a later file replaces an earlier one. The
// classic model is deprecated in favour of one that only Grafana 13 reads.
//
//nolint:staticcheck // for that reason
func build() (dashboard.Dashboard, error) {
	b := dashboard.NewDashboardBuilder("nacre: live configuration").
		Uid("nacre").
		Description("Who runs which configuration since when, and why it is not the newest.").
		Tags([]string{"nacre", "configuration"}).
		Readonly().
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Time("now-6h", "now").
		Refresh("1m").
		Timezone("browser").
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").
			Label("Data source").
			Type("prometheus")).
		WithVariable(query("job", "Job", "label_values(nacre_config_ready, job)")).
		WithVariable(query("config", "Config", `label_values(nacre_config_ready{job=~"$job"}, config)`)).
		WithVariable(query("instance", "Instance", `label_values(nacre_config_ready{job=~"$job", config=~"$config"}, instance)`)).
		WithVariable(dashboard.NewTextBoxVariableBuilder("debug_path").
			Label("Path of the debug page").
			Description("The path at which the service has mounted confighttp.Page. Links to an instance use it.").
			DefaultValue(dashboard.StringOrMap{String: new("/debug/config")}).
			Current(dashboard.VariableOption{Text: word("/debug/config"), Value: word("/debug/config")})).
		Link(link("Runbook", docs+"runbook.md")).
		Link(link("Metrics", docs+"metrics.md"))
	for _, row := range rows() {
		b.WithRow(dashboard.NewRowBuilder(row.title))
		for _, p := range row.panels {
			b.WithPanel(p)
		}
	}
	d, err := b.Build()
	if err != nil {
		return d, err
	}
	// Grafana numbers panels that have no number, so a link to one would lead to another one later.
	for i, p := range d.Panels {
		if id := uint32(i + 1); p.RowPanel != nil {
			p.RowPanel.Id = id
		} else {
			p.Panel.Id = &id
		}
	}
	return d, nil
}

// query returns a variable with the values of a label.
func query(name, label, expr string) *dashboard.QueryVariableBuilder {
	all := dashboard.VariableOption{Text: word("All"), Value: word("$__all")}
	return dashboard.NewQueryVariableBuilder(name).
		Label(label).
		Datasource(datasource()).
		Query(dashboard.StringOrMap{String: &expr}).
		Definition(expr).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalAsc).
		Multi(true).
		IncludeAll(true).
		AllValue(".+").
		Current(all)
}

func link(title, url string) *dashboard.DashboardLinkBuilder {
	return dashboard.NewDashboardLinkBuilder(title).
		Type(dashboard.DashboardLinkTypeLink).
		Icon("doc").
		Url(url).
		TargetBlank(true)
}

func datasource() common.DataSourceRef {
	return common.DataSourceRef{Type: new("prometheus"), Uid: new("${datasource}")}
}

func word(s string) dashboard.StringOrArrayOfString {
	return dashboard.StringOrArrayOfString{String: &s}
}
