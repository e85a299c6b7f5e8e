package envconf

import (
	"os"
	"strings"
)

// The names that servers know labels by.
const (
	TagLabel  = "Vipserver-Tag"
	GrayLabel = "nacos_config_gray_label"
)

// The variables of labels. Each of the SDK's own counts where ours is not set; see nacos.FromEnv.
const (
	envLabels    = "NACOS_APP_LABELS"
	envGrayLabel = "NACOS_GRAY_LABEL"
	envTag       = "NACOS_TAG"
	sdkLabels    = "nacos_app_conn_labels"
	sdkGrayLabel = "nacos_config_gray_label"
)

// Labels returns the connection labels of the environment, nil for none.
func Labels() (labels map[string]string, problems []string) {
	labels = map[string]string{}
	for _, pair := range Fields(either(envLabels, sdkLabels), ",") {
		name, value, ok := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			problems = append(problems, envLabels+" is not a list of name=value")
			break
		}
		labels[name] = strings.TrimSpace(value)
	}
	if gray := either(envGrayLabel, sdkGrayLabel); gray != "" {
		labels[GrayLabel] = gray
	}
	if tag := os.Getenv(envTag); tag != "" {
		labels[TagLabel] = tag
	}
	if len(labels) == 0 {
		return nil, problems
	}
	return labels, problems
}

// Flag returns the first variable that is set, as true or false, and reports whether one is set.
func Flag(name string, others ...string) (on, set bool, problems []string) {
	switch text := either(append([]string{name}, others...)...); strings.ToLower(text) {
	case "":
		return false, false, nil
	case "true", "1", "t":
		return true, true, nil
	case "false", "0", "f":
		return false, true, nil
	}
	return false, false, []string{name + " is neither true nor false"}
}

// Fields splits a list at any of the separators.
func Fields(text, separators string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) })
}

// either returns the first variable that is set.
func either(names ...string) string {
	for _, name := range names {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}
