package content

import (
	"strconv"
	"time"
)

// pair is a key of a unit and its value as text.
type pair struct {
	group, key, value string
	text              bool // it needs quotes in JSON
}

func (u *UnitOf[D]) pairs(duration func(D) string) []pair {
	num, float, yes := strconv.Itoa, func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }, strconv.FormatBool
	return []pair{
		{"", "name", u.Name, true}, {"", "addr", u.Addr, true}, {"", "region", u.Region, true},
		{"", "weight", num(u.Weight), false}, {"", "enabled", yes(u.Enabled), false}, {"", "ratio", float(u.Ratio), false},
		{"", "timeout", duration(u.Timeout), true},
		{"db", "dsn", u.DB.DSN, true}, {"db", "pool", num(u.DB.Pool), false}, {"db", "idle", num(u.DB.Idle), false},
		{"db", "lifetime", duration(u.DB.Lifetime), true}, {"db", "readonly", yes(u.DB.ReadOnly), false},
		{"db", "schema", u.DB.Schema, true}, {"db", "retries", num(u.DB.Retries), false},
		{"http", "path", u.HTTP.Path, true}, {"http", "port", num(u.HTTP.Port), false}, {"http", "burst", num(u.HTTP.Burst), false},
		{"http", "rate", float(u.HTTP.Rate), false}, {"http", "keepalive", yes(u.HTTP.KeepAlive), false},
		{"http", "timeout", duration(u.HTTP.Timeout), true},
	}
}

// each calls a function with each unit of the document.
func (d Doc) each(write func(i int, of []pair)) {
	for i := d.From; i < d.To; i++ {
		u := d.unit(i)
		write(i, u.pairs(time.Duration.String))
	}
}

// begins reports whether unit i is the first of its group in the document.
func (d Doc) begins(i int) bool { return i > 0 && (i == max(d.From, 1) || i%GroupUnits == 0) }

func (d Doc) yaml() []byte {
	b := make([]byte, 0, 600*(d.To-d.From)+100)
	d.each(func(i int, of []pair) {
		indent := "  "
		switch {
		case i == 0:
			b = append(b, "server:\n"...)
		case i == max(d.From, 1):
			b = append(b, "groups:\n"...)
		}
		if d.begins(i) {
			b = append(append(append(b, "  "...), GroupName(i)...), ":\n"...)
		}
		if d.Comment != "" && i == (d.From+d.To)/2 {
			b = append(append(append(b, "    # "...), d.Comment...), '\n')
		}
		if i > 0 {
			b = append(append(append(b, "    "...), UnitName(i)...), ":\n"...)
			indent = "      "
		}
		group := ""
		for _, p := range of {
			if p.group != group {
				b = append(append(append(b, indent...), p.group...), ":\n"...)
				group = p.group
			}
			if group != "" {
				b = append(b, "  "...)
			}
			b = append(append(append(append(append(b, indent...), p.key...), ": "...), p.value...), '\n')
		}
	})
	return b
}

func (d Doc) json() []byte {
	b := make([]byte, 0, 700*(d.To-d.From)+100)
	b = append(b, "{\n"...)
	d.each(func(i int, of []pair) {
		switch {
		case i == 0:
			b = append(b, `"server": {`...)
		case i != max(d.From, 1):
			if d.begins(i) {
				b = append(b, "\n}"...)
			}
			b = append(b, ",\n"...)
		default:
			if i > d.From {
				b = append(b, ",\n"...)
			}
			b = append(b, "\"groups\": {\n"...)
		}
		if i > 0 {
			if d.begins(i) {
				b = append(strconv.AppendQuote(b, GroupName(i)), ": {\n"...)
			}
			b = append(strconv.AppendQuote(b, UnitName(i)), ": {"...)
		}
		group := ""
		for k, p := range of {
			if p.group != group {
				if group != "" {
					b = append(b, '}')
				}
				b = append(append(append(b, ",\n  \""...), p.group...), "\": {"...)
				group = p.group
			} else if k > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, "\n    \""...), p.key...), "\": "...)
			if p.text {
				b = strconv.AppendQuote(b, p.value)
				continue
			}
			b = append(b, p.value...)
		}
		b = append(b, "}\n}"...)
	})
	if d.To > max(d.From, 1) {
		b = append(b, "\n}\n}"...)
	}
	return append(b, "\n}\n"...)
}

func (d Doc) properties() []byte {
	b := make([]byte, 0, 1000*(d.To-d.From)+100)
	d.each(func(i int, of []pair) {
		for _, p := range of {
			if i == 0 {
				b = append(b, "server."...)
			} else {
				b = append(append(append(append(append(b, "groups."...), GroupName(i)...), '.'), UnitName(i)...), '.')
			}
			if p.group != "" {
				b = append(append(b, p.group...), '.')
			}
			b = append(append(append(append(b, p.key...), '='), p.value...), '\n')
		}
	})
	return b
}
