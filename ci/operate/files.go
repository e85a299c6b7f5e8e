package main

import (
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// write writes the configurations of Prometheus and Alertmanager, made from the files of deploy/.
func (d *day) write(root string, rules ruleFile, hook, alertmanager string, instances []string) error {
	scaledRules, err := yaml.Marshal(rules)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(root, "deploy/alertmanager/alertmanager.yaml"))
	if err != nil {
		return err
	}
	routes, _, err := routing(text, hook)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"nacre.rules.yaml": scaledRules, "alertmanager.yaml": routes,
		"prometheus.yaml": scraping(filepath.Join(d.dir, "nacre.rules.yaml"), alertmanager, instances),
	} {
		if err := os.WriteFile(filepath.Join(d.dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
