package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// scaled returns the duration that stands for d.
func scaled(d time.Duration) time.Duration {
	switch {
	case d < time.Hour:
		return d / 60
	case d < 24*time.Hour:
		return d / 180
	}
	return d / 3600
}

// change is one duration that was scaled.
type change struct {
	where    string
	from, to time.Duration
}

func (c change) String() string { return fmt.Sprintf("%s: %s is %s", c.where, c.from, c.to) }

// ruleFile is a file of rules as Prometheus reads it.
type ruleFile struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

func (r rule) name() string { return r.Alert + r.Record }

// scaleRules returns the rules of a file with scaled durations, and what was scaled.
func scaleRules(text []byte) (file ruleFile, changes []change, err error) {
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true) // a field that this code does not know is lost in the scaled file
	if err := decoder.Decode(&file); err != nil {
		return file, nil, err
	}
	for _, group := range file.Groups {
		for i := range group.Rules {
			r := &group.Rules[i]
			if r.Expr, err = scaleExpr(r.Expr, func(from, to time.Duration) {
				changes = append(changes, change{r.name(), from, to})
			}); err != nil {
				return file, nil, fmt.Errorf("%s: %w", r.name(), err)
			}
			if r.For == "" {
				continue
			}
			d, err := model.ParseDuration(r.For)
			if err != nil {
				return file, nil, fmt.Errorf("%s: %w", r.name(), err)
			}
			from, to := time.Duration(d), scaled(time.Duration(d))
			changes = append(changes, change{r.name() + " for", from, to})
			r.For = model.Duration(to).String()
		}
	}
	return file, changes, nil
}

// scaleExpr returns a PromQL expression with scaled ranges, offsets and ages.
func scaleExpr(text string, report func(from, to time.Duration)) (string, error) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return "", err
	}
	scale := func(d *time.Duration) {
		if *d == 0 {
			return
		}
		from := *d
		*d = scaled(from)
		report(from, *d)
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.MatrixSelector:
			scale(&n.Range)
		case *parser.VectorSelector:
			scale(&n.OriginalOffset)
		case *parser.SubqueryExpr:
			scale(&n.Range)
			scale(&n.Step)
			scale(&n.OriginalOffset)
		case *parser.BinaryExpr:
			if isTime(n.LHS) || isTime(n.RHS) {
				for _, side := range []parser.Expr{n.LHS, n.RHS} {
					scaleAge(side, scale)
				}
			}
		}
		return nil
	})
	return expr.String(), nil
}

// scaleAge scales a number that is compared with a time, or is added to one.
func scaleAge(e parser.Expr, scale func(*time.Duration)) {
	if n, ok := unwrapped(e).(*parser.NumberLiteral); ok {
		d := time.Duration(math.Round(n.Val * float64(time.Second)))
		scale(&d)
		n.Val = d.Seconds()
	}
}

// isTime reports whether an expression is time(), or a sum or difference with it.
func isTime(e parser.Expr) bool {
	switch n := unwrapped(e).(type) {
	case *parser.Call:
		return n.Func.Name == "time"
	case *parser.BinaryExpr:
		return !n.Op.IsComparisonOperator() && (isTime(n.LHS) || isTime(n.RHS))
	}
	return false
}

func unwrapped(e parser.Expr) parser.Expr {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = p.Expr
	}
}
