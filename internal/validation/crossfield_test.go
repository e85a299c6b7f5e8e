package validation_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// comparisons are the rules that compare a field with another: what must be said, and values with
// which each holds and does not.
var comparisons = map[string]struct {
	words           string
	holds, violates [2]int // the field and the other
	without         bool   // it holds when there is no other
}{
	"eq":  {"must be the same as ", [2]int{5, 5}, [2]int{4, 5}, false},
	"ne":  {"must not be the same as ", [2]int{4, 5}, [2]int{5, 5}, true},
	"gt":  {"must be more than ", [2]int{6, 5}, [2]int{5, 5}, false},
	"gte": {"must be at least ", [2]int{5, 5}, [2]int{4, 5}, false},
	"lt":  {"must be less than ", [2]int{4, 5}, [2]int{5, 5}, false},
	"lte": {"must be at most ", [2]int{5, 5}, [2]int{6, 5}, false},
}

// Beside is embedded.
type Beside struct {
	Ref int `config:"the.limit"`
}

// places are where the field V with the rule and the field Ref that it names can stand. The keys
// are others than Go's names in snake case, so that a message cannot name the right ones by chance.
var places = []struct {
	name  string
	build func(rule string) reflect.Type
	v     string // the way to V
	ref   string
	key   string
	other string // the key of Ref
	local string // what a rule calls Ref, beside V; empty if it cannot
	top   string // and counted from the whole
	empty string // the way to a pointer that may be nil
}{
	{"same struct", func(rule string) reflect.Type {
		return structOf("In", "in.side", structOf("V", "v", 0, rule, "Ref", "the.limit", 0, ""), "")
	}, "In.V", "In.Ref", `"in.side".v`, `"in.side"."the.limit"`, "Ref", "In.Ref", ""},
	{"the whole struct", func(rule string) reflect.Type {
		return structOf("V", "v", 0, rule, "Ref", "the.limit", 0, "")
	}, "V", "Ref", `v`, `"the.limit"`, "Ref", "Ref", ""},
	{"parent", func(rule string) reflect.Type {
		return structOf("In", "in.side", structOf("V", "v", 0, rule), "", "Ref", "the.limit", 0, "")
	}, "In.V", "Ref", `"in.side".v`, `"the.limit"`, "", "Ref", ""},
	{"sibling struct", func(rule string) reflect.Type {
		return structOf("In", "in.side", structOf("V", "v", 0, rule), "", "Top", "a.top", structOf("Ref", "the.limit", 0, ""), "")
	}, "In.V", "Top.Ref", `"in.side".v`, `"a.top"."the.limit"`, "", "Top.Ref", ""},
	{"three structs away", func(rule string) reflect.Type {
		return structOf("A", "a", structOf("B", "b", structOf("In", "in", structOf("V", "v", 0, rule), ""), ""), "",
			"Top", "a.top", structOf("C", "c", structOf("Ref", "the.limit", 0, ""), ""), "")
	}, "A.B.In.V", "Top.C.Ref", `a.b.in.v`, `"a.top".c."the.limit"`, "", "Top.C.Ref", ""},
	{"deeper", func(rule string) reflect.Type {
		return structOf("In", "in.side", structOf("V", "v", 0, rule, "Below", "be.low", structOf("Ref", "the.limit", 0, ""), ""), "")
	}, "In.V", "In.Below.Ref", `"in.side".v`, `"in.side"."be.low"."the.limit"`, "Below.Ref", "In.Below.Ref", ""},
	{"pointer to struct", func(rule string) reflect.Type {
		return structOf("In", "in.side", structOf("V", "v", 0, rule, "Below", "be.low", reflect.PointerTo(structOf("Ref", "the.limit", 0, "")), ""), "")
	}, "In.V", "In.Below.Ref", `"in.side".v`, `"in.side"."be.low"."the.limit"`, "Below.Ref", "In.Below.Ref", "In.Below"},
	{"pointer to value", func(rule string) reflect.Type {
		return structOf("In", "in.side", structOf("V", "v", 0, rule, "Ref", "the.limit", reflect.TypeFor[*int](), ""), "")
	}, "In.V", "In.Ref", `"in.side".v`, `"in.side"."the.limit"`, "Ref", "In.Ref", "In.Ref"},
	{"pointer to a squashed struct", func(rule string) reflect.Type {
		return structOf("V", "v", 0, rule, "*Beside", "", reflect.TypeFor[*Beside](), "")
	}, "V", "Beside.Ref", `v`, `"the.limit"`, "Ref", "Ref", "Beside"},
	{"squashed struct", func(rule string) reflect.Type {
		return structOf("V", "v", 0, rule, "*Beside", "", reflect.TypeFor[Beside](), "")
	}, "V", "Beside.Ref", `v`, `"the.limit"`, "Beside.Ref", "Ref", ""},
	{"inside a list item", func(rule string) reflect.Type {
		return structOf("List", "a.list", reflect.SliceOf(structOf("V", "v", 0, rule, "Ref", "the.limit", 0, "")), "")
	}, "List.V", "List.Ref", `"a.list"[0].v`, `"a.list"[0]."the.limit"`, "Ref", "List[0].Ref", ""},
	{"from a list item to a sibling", func(rule string) reflect.Type {
		return structOf("List", "a.list", reflect.SliceOf(reflect.PointerTo(structOf("V", "v", 0, rule))), "", "Top", "a.top", structOf("Ref", "the.limit", 0, ""), "")
	}, "List.V", "Top.Ref", `"a.list"[0].v`, `"a.top"."the.limit"`, "", "Top.Ref", ""},
	{"items of a list", func(rule string) reflect.Type {
		return structOf("V", "v", []int(nil), "dive,"+rule, "Ref", "the.limit", 0, "")
	}, "V", "Ref", `v[0]`, `"the.limit"`, "Ref", "Ref", ""},
	{"an item that is named", func(rule string) reflect.Type {
		return structOf("V", "v", 0, rule, "List", "a.list", reflect.SliceOf(structOf("Ref", "the.limit", 0, "")), "")
	}, "V", "List.Ref", `v`, `"a.list"[0]."the.limit"`, "List[0].Ref", "List[0].Ref", "List"},
	{"beside a struct in a list", func(rule string) reflect.Type {
		return structOf("List", "a.list", []Beside(nil), "", "V", "v", 0, rule, "Ref", "the.limit", uint8(0), "")
	}, "V", "Ref", `v`, `"the.limit"`, "Ref", "Ref", ""},
}

// TestCrossFieldRules goes through each rule that compares two fields × where both stand × holds,
// does not, and has nothing to compare with: it must be enforced and name both keys, or be refused
// while compiling with what to write.
func TestCrossFieldRules(t *testing.T) {
	t.Parallel()
	for rule, c := range comparisons {
		for _, p := range places {
			t.Run(rule+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				check := func(tag string, values [2]int, nothing bool) error {
					v := reflect.New(p.build(tag))
					setTo(v, p.v, values[0])
					setTo(v, p.ref, values[1])
					if nothing {
						way(v, p.empty).SetZero()
					}
					return validate.Struct(v.Interface())
				}
				for tag, possible := range map[string]bool{rule + "field=" + p.local: p.local != "", rule + "csfield=" + p.top: true} {
					if !possible {
						tag = rule + "field=" + p.top
						err := check(tag, c.violates, false)
						if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), tag[:strings.Index(tag, "=")]+" names "+p.top) ||
							!strings.Contains(err.Error(), "write "+rule+"csfield="+p.top) {
							t.Errorf("%s cannot be: it must be refused, and the error must say what to write, not %v", tag, err)
						}
						continue
					}
					if err := check(tag, c.holds, false); err != nil {
						t.Errorf("%s holds, but gives %v", tag, err)
					}
					want := p.key + ": " + c.words + p.other
					if err := check(tag, c.violates, false); err == nil || err.Error() != want || !errors.Is(err, source.Invalid) {
						t.Errorf("%s does not hold, but gives %v\nwant %s", tag, err, want)
					}
					if p.empty == "" {
						continue
					}
					err := check(tag, c.holds, true)
					if c.without && err != nil || !c.without && (err == nil || err.Error() != want+", but "+p.other+" is not set") {
						t.Errorf("%s has nothing to compare with, and gives %v", tag, err)
					}
				}
				for _, tag := range []string{rule + "field=Nowhere", rule + "csfield=Nowhere", rule + "csfield=In.Nowhere", rule + "field=Ref[0]", rule + "field=", rule + "csfield=In..Ref", rule + "field=Ref."} {
					if err := check(tag, c.holds, false); !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "V: "+rule) {
						t.Errorf("%s names no field and must be refused by the field and the rule, not %v", tag, err)
					}
				}
			})
		}
	}
}

// TestPresenceRules goes through each rule on presence × where both fields stand × met, not met,
// and nothing there.
func TestPresenceRules(t *testing.T) {
	t.Parallel()
	const set, lacks = " is not 0", " is missing or 0"
	for rule, c := range map[string]struct {
		tag       string // %s is the other field
		met       int    // the value of the other with which the condition is met
		not       int
		nothing   bool // it is met if there is no other
		condition string
	}{
		"if": {"required_if=%s 5", 5, 4, false, " when %s is 5"}, "unless": {"required_unless=%s 5", 4, 5, true, " unless %s is 5"},
		"skip": {"skip_unless=%s 5", 5, 4, false, " when %s is 5"},
		"with": {"required_with=%s", 5, 0, false, " when %s" + set}, "with_all": {"required_with_all=%s", 5, 0, false, " when %s" + set},
		"without": {"required_without=%s", 0, 5, true, " when %s" + lacks}, "without_all": {"required_without_all=%s", 0, 5, true, " when %s" + lacks},
		"not if": {"excluded_if=%s 5", 5, 4, false, " when %s is 5"}, "not unless": {"excluded_unless=%s 5", 4, 5, true, " unless %s is 5"},
		"not with": {"excluded_with=%s", 5, 0, false, " when %s" + set}, "not with_all": {"excluded_with_all=%s", 5, 0, false, " when %s" + set},
		"not without": {"excluded_without=%s", 0, 5, true, " when %s" + lacks}, "not without_all": {"excluded_without_all=%s", 0, 5, true, " when %s" + lacks},
	} {
		for _, p := range places {
			t.Run(rule+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				words, v := "is required", 0
				if strings.HasPrefix(rule, "not ") {
					words, v = "must not be set", 1
				}
				check := func(name string, other int, nothing bool) error {
					value := reflect.New(p.build(strings.ReplaceAll(c.tag, "%s", name)))
					setTo(value, p.v, v)
					setTo(value, p.ref, other)
					if nothing {
						way(value, p.empty).SetZero()
					}
					return validate.Struct(value.Interface())
				}
				name, _, _ := strings.Cut(c.tag, "=")
				if p.local == "" {
					err := check(p.top, c.met, false)
					if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "V: "+name+" names "+p.top) || !strings.Contains(err.Error(), "a Validate method of the whole struct can read it") {
						t.Errorf("%s cannot be: it must be refused, and the error must say what to do, not %v", c.tag, err)
					}
					return
				}
				condition := strings.ReplaceAll(c.condition, "%s", p.other)
				if p.name == "pointer to value" { // there, whatever it points to
					condition = strings.NewReplacer(set, " is set", lacks, " is not set").Replace(condition)
				}
				want := p.key + ": " + words + condition
				pointed := p.name == "pointer to value" && (c.met == 0 || c.not == 0)
				if err := check(p.local, c.met, false); !pointed && (err == nil || err.Error() != want) {
					t.Errorf("%s is met, but gives %v\nwant %s", c.tag, err, want)
				}
				if err := check(p.local, c.not, false); !pointed && err != nil {
					t.Errorf("%s is not met, but gives %v", c.tag, err)
				}
				if p.empty == "" {
					return
				}
				if err := check(p.local, c.met, true); c.nothing != (err != nil) || err != nil && err.Error() != want {
					t.Errorf("%s has no other field, and gives %v", c.tag, err)
				}
			})
		}
	}
}

// structOf makes a struct of names, keys, types or values, and rules. A star before the name
// embeds.
func structOf(parts ...any) reflect.Type {
	var fields []reflect.StructField
	for ; len(parts) > 0; parts = parts[4:] {
		name, embedded := strings.CutPrefix(parts[0].(string), "*")
		typ, ok := parts[2].(reflect.Type)
		if !ok {
			typ = reflect.TypeOf(parts[2])
		}
		tag := `validate:"` + parts[3].(string) + `"`
		if key := parts[1].(string); key != "" {
			tag += ` config:"` + key + `"`
		}
		fields = append(fields, reflect.StructField{Name: name, Type: typ, Tag: reflect.StructTag(tag), Anonymous: embedded})
	}
	return reflect.StructOf(fields)
}

// way goes to a field, and makes the pointers and items on the way.
func way(v reflect.Value, path string) reflect.Value {
	for name := range strings.SplitSeq(path, ".") {
		v = made(v).FieldByName(name)
	}
	return v
}

func made(v reflect.Value) reflect.Value {
	for {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		case reflect.Slice:
			if v.Len() == 0 {
				v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			}
			v = v.Index(0)
		default:
			return v
		}
	}
}

func setTo(v reflect.Value, path string, n int) {
	field := made(way(v, path))
	field.Set(reflect.ValueOf(n).Convert(field.Type()))
}

// TestWhatIsCompared holds that fields of all types are compared by what they say, or refused.
func TestWhatIsCompared(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		rule  string
		v     any
		other any
		want  string // of what is wrong; "-" for a rule that is refused
	}{
		"integers of two types":         {"gtfield", int64(6), uint8(5), ""},
		"integers of two types, not":    {"eqcsfield", int64(6), uint8(5), "must be the same as o.o"},
		"big integers":                  {"eqfield", uint64(1<<63 + 1), uint64(1 << 63), "must be the same as o.o"},
		"negative and unsigned":         {"ltfield", -1, uint64(1 << 63), ""},
		"integer and fraction":          {"gtefield", 2, 1.5, ""},
		"durations":                     {"ltfield", 2 * time.Second, time.Second, "must be less than o.o"},
		"text by characters":            {"gtfield", "äöü", "abc", "must have more characters than o.o"},
		"text by characters, csfield":   {"gtcsfield", "b", "abc", "must have more characters than o.o"},
		"text at least":                 {"gtefield", "a", "bc", "must have at least as many characters as o.o"},
		"text less":                     {"ltfield", "ab", "bc", "must have fewer characters than o.o"},
		"text at most":                  {"ltefield", "abc", "bc", "must have at most as many characters as o.o"},
		"lists by items":                {"ltefield", []int{1, 2}, []string{"a"}, "must have at most as many items as o.o"},
		"lists with more":               {"gtcsfield", []int{1}, []string{"a"}, "must have more items than o.o"},
		"equal lists":                   {"eqfield", []string{"a", "b"}, []string{"a", "b"}, ""},
		"lists of one length":           {"eqfield", []string{"a", "b"}, []string{"a", "c"}, "must be the same as o.o"},
		"lists of one length differ":    {"necsfield", []string{"a", "b"}, []string{"a", "c"}, ""},
		"empty lists":                   {"eqfield", []string{}, []string(nil), ""},
		"maps":                          {"nefield", map[string]int{"a": 1}, map[string]int{"a": 1}, "must not be the same as o.o"},
		"structs":                       {"eqfield", host{"a", 1}, host{"b", 1}, "must be the same as o.o"},
		"equal structs":                 {"nefield", host{"a", 1}, host{"a", 1}, "must not be the same as o.o"},
		"instants in two zones":         {"eqfield", noon, noon.In(time.FixedZone("", 3600)), ""},
		"instants":                      {"gtfield", noon, noon, "must be after o.o"},
		"instants, at least":            {"gtecsfield", noon, noon.Add(1), "must not be before o.o"},
		"instants, before":              {"ltfield", noon, noon, "must be before o.o"},
		"instants, at most":             {"ltefield", noon.Add(1), noon, "must not be after o.o"},
		"booleans":                      {"eqfield", true, false, "must be the same as o.o"},
		"secrets":                       {"nefield", secret{"canary"}, secret{"canary"}, "must not be the same as o.o"},
		"a secret and text":             {"eqfield", secret{"canary"}, "canary", ""},
		"contains":                      {"fieldcontains", "abc", "x", "must contain o.o"},
		"excludes":                      {"fieldexcludes", "abc", secret{"b"}, "must not contain o.o"},
		"unique of two values":          {"unique", 5, 5, "must not be the same as o.o"},
		"unique of two differing types": {"unique", 5, uint(6), ""},
		"anything":                      {"eqfield", 5, any(5), ""},
		"number and text":               {"eqfield", 5, "5", "-"},
		"order of booleans":             {"gtfield", true, false, "-"},
		"order of structs":              {"gtfield", host{}, host{}, "-"},
		"lists of two types":            {"eqfield", []int{1}, []string{"a"}, "-"},
		"contains in a list":            {"fieldcontains", []string{"a"}, "a", "-"},
		"duration and text":             {"ltcsfield", time.Second, "1s", "-"},
		"number and unique text":        {"unique", 5, "x", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := reflect.New(structOf("V", "v", test.v, test.rule+"=O", "O", "o.o", test.other, "-"))
			v.Elem().Field(0).Set(reflect.ValueOf(test.v))
			v.Elem().Field(1).Set(reflect.ValueOf(test.other))
			err := validate.Struct(v.Interface())
			switch {
			case test.want == "-":
				if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), test.rule) {
					t.Errorf("%s of %T and %T cannot be, and gives %v", test.rule, test.v, test.other, err)
				}
			case test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != "v: "+strings.ReplaceAll(test.want, "o.o", `"o.o"`)):
				t.Errorf("%s of %T and %T gives %v, must be %q", test.rule, test.v, test.other, err, test.want)
			}
		})
	}
}
