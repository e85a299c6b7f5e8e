package main

import (
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// A panel with a part of its row's width.
type panel = cog.Builder[dashboard.Panel]

const (
	// The whole width is 24.
	quarter, third, half = 6, 8, 12
	height               = 8
)

// target is one expression of a panel, and the text of its series in the legend. In the expression,
// {C} stands for the matchers of a metric of a config, and {N} for those of a Nacos client.
type target struct{ expr, legend string }

var matchers = strings.NewReplacer(
	"{C", `{job=~"$job", config=~"$config", instance=~"$instance"`,
	"{N", `{job=~"$job", instance=~"$instance"`,
)

func (t target) query(ref int) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().
		Datasource(datasource()).
		Expr(matchers.Replace(t.expr)).
		LegendFormat(t.legend).
		RefId(string(rune('A' + ref)))
}

// graph is values over time.
func graph(title, description, unit string, width uint32, targets ...target) *timeseries.PanelBuilder {
	p := timeseries.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource()).
		Unit(unit).
		Span(width).
		Height(height).
		Min(0).
		FillOpacity(10).
		ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).
			ShowLegend(true)).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending))
	for i, t := range targets {
		p.WithTarget(t.query(i).Range())
	}
	return p
}

// count is how often something has happened within each step of the graph.
func count(title, description string, width uint32, targets ...target) *timeseries.PanelBuilder {
	return graph(title, description, units.Short, width, targets...).
		DrawStyle(common.GraphDrawStyleBars).
		FillOpacity(60).
		Decimals(0)
}

// number is the newest value, red from limit on, or below it.
func number(title, description, unit string, good, bad string, limit float64, t target) *stat.PanelBuilder {
	return stat.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource()).
		Unit(unit).
		Span(quarter).
		Height(4).
		ColorMode(common.BigValueColorModeValue).
		GraphMode(common.BigValueGraphModeArea).
		Orientation(common.VizOrientationAuto).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		Thresholds(dashboard.NewThresholdsConfigBuilder().
			Mode(dashboard.ThresholdsModeAbsolute).
			Steps([]dashboard.Threshold{{Color: good}, {Color: bad, Value: &limit}})).
		WithTarget(t.query(0).Range())
}

// list is one row for each series, with the labels as columns. The instance links to its debug
// page.
func list(title, description, unit, value string, width uint32, targets ...target) *table.PanelBuilder {
	p := table.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource()).
		Unit(unit).
		Span(width).
		Height(height).
		Filterable(true).
		// Without it, the SDK writes a footer with a null that the schema does not allow.
		Footer(common.NewTableFooterOptionsBuilder().Reducer([]string{"sum"})).
		OverrideByName("instance", []dashboard.DynamicConfigValue{{Id: "links", Value: []map[string]any{{
			"title": "Debug page", "url": "http://${__data.fields.instance}${debug_path}", "targetBlank": true,
		}}}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
			"excludeByName": map[string]bool{"Time": true, "__name__": true},
			"renameByName":  map[string]string{"Value": value},
		}})
	for i, t := range targets {
		p.WithTarget(t.query(i).Format(prometheus.PromQueryFormatTable).Instant())
	}
	return p
}
