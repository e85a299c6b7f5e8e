package binding_test

import (
	"io/fs"
	"reflect"
	"testing"

	"github.com/go-viper/mapstructure/v2"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
)

// A number that a document writes in octal is a file mode, with hooks and without.
func TestOctalFileModes(t *testing.T) {
	t.Parallel()
	octal := func(v int64) *tree.Node {
		n := tree.NewScalar(yamlDoc, 1, 1, v)
		n.Octal = true
		return n
	}
	type config struct {
		Mode  fs.FileMode            `config:"mode"`
		Modes []fs.FileMode          `config:"modes"`
		By    map[string]fs.FileMode `config:"by"`
		Def   fs.FileMode            `config:"def" default:"0600"`
		Plain int                    `config:"plain"`
	}
	root := tree.NewMap(yamlDoc, 1, 1, []tree.Entry{
		{Key: "mode", Value: octal(0o644)}, {Key: "modes", Value: tree.NewList(yamlDoc, 1, 1, []*tree.Node{octal(0o755), octal(0o1777)})},
		{Key: "by", Value: tree.NewMap(yamlDoc, 1, 1, []tree.Entry{{Key: "a", Value: octal(0o400)}})}, {Key: "plain", Value: octal(0o10)},
	})
	want := config{0o644, []fs.FileMode{0o755, fs.ModeSticky | 0o777}, map[string]fs.FileMode{"a": 0o400}, 0o600, 8}
	for name, options := range map[string][]binder.Option{"alone": nil, "with hooks": {binder.Hook(mapstructure.StringToTimeDurationHookFunc())}} {
		got, report := plan[config](t, options...).Bind(root)
		if len(report.Problems) > 0 || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: octal file modes are %+v %v, want %+v", name, *got, report.Problems, want)
		}
	}
	if _, report := plan[config](t).Bind(tree.NewMap(yamlDoc, 1, 1, []tree.Entry{{Key: "mode", Value: octal(-0o644)}})); len(report.Problems) != 1 {
		t.Errorf("a negative file mode is taken: %v", report.Problems)
	}
	type mistaken struct {
		Mode fs.FileMode `config:"mode" default:"644"`
	}
	if _, err := binding.Compile[mistaken](); err == nil {
		t.Error("a default that is a decimal file mode is taken")
	}
}
