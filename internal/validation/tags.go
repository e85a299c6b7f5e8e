package validation

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

func split(tag string) []string {
	if tag == "" {
		return nil
	}
	return strings.Split(tag, ",")
}

func join(parts []string) string { return strings.Join(parts, ",") }

// step is one part of a tag, and the type that it applies to.
type step struct {
	part string
	kind *kind
}

// steps returns the parts of a tag, with the types that dive leads to.
func steps(tag string, k *kind, all map[reflect.Type]*kind) []step {
	var out []step
	var outside *kind // of the map, between keys and endkeys
	for _, part := range split(tag) {
		switch part {
		case "dive":
			for k != nil && k.typ.Kind() == reflect.Pointer {
				k = k.elem
			}
			if k != nil {
				outside, k = k, k.elem
			}
			out = append(out, step{part, outside})
			continue
		case "keys":
			if outside != nil && outside.typ.Kind() == reflect.Map {
				outside, k = k, all[outside.typ.Key()]
			}
		case "endkeys":
			k = outside
		}
		out = append(out, step{part, k})
	}
	return out
}

// sized are the tags whose parameter is compared with the field itself.
var sized = map[string]bool{"min": true, "max": true, "len": true, "eq": true, "ne": true, "gt": true, "gte": true, "lt": true, "lte": true}

// rewrite converts parameters in the form of the field's type, such as max=10MiB, to numbers. It
// keeps the original text for the message.
func rewrite(tag string, k *kind, all map[reflect.Type]*kind) (string, error) {
	list := steps(tag, k, all)
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = s.part
		target := s.kind
		for target != nil && target.typ.Kind() == reflect.Pointer {
			target = target.elem
		}
		if target == nil || !target.readsItself() && target.typ != durationType {
			continue
		}
		alternatives := strings.Split(s.part, "|")
		for j, alternative := range alternatives {
			name, param, ok := strings.Cut(alternative, "=")
			if _, err := strconv.ParseInt(param, 0, 64); !ok || !sized[name] || err == nil {
				continue
			}
			v := reflect.New(target.typ)
			if err := parseInt(v.Elem(), param); err != nil {
				return "", fmt.Errorf("the parameter of %s is not a valid %s", name, target.typ)
			}
			number := strconv.FormatInt(v.Elem().Int(), 10)
			if target.params == nil {
				target.params = make(map[string]string)
			}
			target.params[number] = param
			alternatives[j] = name + "=" + number
		}
		parts[i] = strings.Join(alternatives, "|")
	}
	return join(parts), nil
}

// readsItself reports whether the type is an integer with its own text form.
func (k *kind) readsItself() bool {
	switch k.typ.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return reflect.PointerTo(k.typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	}
	return false
}
