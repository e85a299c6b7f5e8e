package folder

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/strictyaml"
)

// ListName is the name of the file with the list of the configs.
const ListName = "nacre-export.yaml"

const listHead = "# The configs of this folder, with what the server keeps besides their contents.\n# nacre import publishes them. It takes md5 as the state that a file was edited from.\n"

// List is the content of nacre-export.yaml.
type List struct {
	Version int `yaml:"version"`
	// Origin is where the configs come from: the servers and the namespace.
	Origin  string   `yaml:"origin"`
	Configs []Config `yaml:"configs"`

	// Ignored are the files that are not configs, each with the reason.
	Ignored []string `yaml:"-"`
}

// Config is one config with its content.
type Config struct {
	Group       string   `yaml:"group"`
	DataID      string   `yaml:"data_id"`
	MD5         string   `yaml:"md5,omitempty"` // on the server when it was exported
	Type        string   `yaml:"type,omitempty"`
	Description string   `yaml:"description,omitempty"`
	Tags        []string `yaml:"tags,omitempty"`
	App         string   `yaml:"app,omitempty"`
	Use         string   `yaml:"use,omitempty"`
	Effect      string   `yaml:"effect,omitempty"`
	Schema      string   `yaml:"schema,omitempty"`
	DataKey     string   `yaml:"encrypted_data_key,omitempty"`

	Content []byte `yaml:"-"`
	Listed  bool   `yaml:"-"` // in the list, so that the fields above are what the server had
}

// Name is GROUP/DATA-ID.
func (c Config) Name() string { return c.Group + "/" + c.DataID }

// Sum returns the md5 of a content, as Nacos computes it.
func Sum(content []byte) string {
	sum := md5.Sum(content) // Nacos compares by it
	return hex.EncodeToString(sum[:])
}

// escape returns a name as the name of a file: without separators, and never hidden or ".."; on
// Windows a colon is not allowed either.
func escape(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '.' && i == 0, c < ' ', c == 0x7f, strings.IndexByte(`%/\:*?"<>|`, c) >= 0, (c == '.' || c == ' ') && i == len(name)-1:
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Unescape returns the name that a name of a file stands for.
func Unescape(name string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		if i+3 > len(name) {
			return "", errors.New("incomplete %XX")
		}
		c, err := hex.DecodeString(name[i+1 : i+3])
		if err != nil {
			return "", errors.New("wrong %XX")
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), nil
}

// File returns the path of a config below the folder, with slashes.
func (c Config) File() string { return path.Join(escape(c.Group), escape(c.DataID)) }

// Write writes configs into a folder, which it makes. It replaces the files of these configs and
// the list; it refuses a folder that has other files, unless it is an export already.
func Write(dir string, list List) error {
	if err := checkNew(dir); err != nil {
		return exit.With(exit.Usage, err, "name a new or empty folder, or one that nacre export has written")
	}
	folded := map[string]string{}
	for _, c := range list.Configs {
		key := strings.ToLower(c.File())
		if other, taken := folded[key]; taken {
			return exit.With(exit.Failed, fmt.Errorf("configs %s and %s differ only in upper and lower case, which not every file system keeps apart", other, c.Name()), "export them apart, by group or pattern")
		}
		folded[key] = c.Name()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, c := range list.Configs {
		name := filepath.FromSlash(c.File())
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := root.WriteFile(name, c.Content, 0o600); err != nil {
			return err
		}
	}
	return writeList(root, list)
}

// WriteList writes the list of a folder, and none of the contents.
func WriteList(dir string, list List) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return writeList(root, list)
}

func writeList(root *os.Root, list List) error {
	var b bytes.Buffer
	b.WriteString(listHead)
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	list.Version = 1
	if err := errors.Join(e.Encode(list), e.Close()); err != nil {
		return err
	}
	return root.WriteFile(ListName, b.Bytes(), 0o600)
}

// checkNew reports why a folder must not be written to.
func checkNew(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return err
	}
	if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ListName }) {
		return fmt.Errorf("folder %s is not empty, and not an export", dir)
	}
	return nil
}

// Read reads the configs of a folder: those of its list, and further files in the folder of a
// group. Without a list, every file is a config without metadata. A folder with neither a list nor
// the folder of a group is that of the default group. [Ignored] says which files are not configs.
func Read(dir, defaultGroup string) (List, error) {
	list, err := readFolder(dir, defaultGroup)
	if err != nil {
		code := exit.Usage
		if errors.Is(err, errList) {
			code = exit.Invalid
		}
		return List{}, exit.With(code, fmt.Errorf("folder %s: %w", dir, err), "")
	}
	return list, nil
}

// errList begins the error of a list that is not valid.
var errList = errors.New(ListName)

func readFolder(dir, defaultGroup string) (List, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return List{}, err
	}
	defer root.Close()
	var list List
	known := map[string]Config{}
	data, err := root.ReadFile(ListName)
	switch {
	case err == nil:
		if err := strictyaml.Decode(data, &list); err != nil {
			return List{}, fmt.Errorf("%w: %w", errList, err)
		}
		if list.Version != 1 {
			return List{}, fmt.Errorf("%w: version %d is not 1; a newer nacre has written it", errList, list.Version)
		}
		for _, c := range list.Configs {
			c.Listed = true
			known[c.File()] = c
		}
	case !errors.Is(err, fs.ErrNotExist):
		return List{}, err
	}
	list.Configs = nil
	exported := err == nil
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return List{}, err
	}
	flat := !exported && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && Ignored(e.Name()) == "" })
	for _, entry := range entries {
		why := Ignored(entry.Name())
		switch {
		case entry.Name() == ListName:
			continue
		case why == "" && !entry.IsDir() && !flat:
			why = "not in the folder of a group"
		}
		switch {
		case why != "":
			list.Ignored = append(list.Ignored, entry.Name()+": "+why)
			continue
		case flat:
			c, err := readConfig(root, entry.Name(), defaultGroup, known)
			if err != nil {
				return List{}, err
			}
			list.Configs = append(list.Configs, c)
			continue
		}
		files, err := fs.ReadDir(root.FS(), entry.Name())
		if err != nil {
			return List{}, err
		}
		for _, file := range files {
			name := path.Join(entry.Name(), file.Name())
			_, listed := known[name]
			if why := Ignored(file.Name()); why != "" && !listed {
				list.Ignored = append(list.Ignored, name+": "+why)
				continue
			}
			c, err := readConfig(root, name, "", known)
			if err != nil {
				return List{}, err
			}
			list.Configs = append(list.Configs, c)
		}
	}
	if len(list.Configs) == 0 {
		return List{}, errors.New("no configs; the file of a config is DATA-ID or GROUP/DATA-ID")
	}
	return list, nil
}

// readConfig reads the file of a config. An empty group is that of its folder.
func readConfig(root *os.Root, name, group string, known map[string]Config) (Config, error) {
	c, found := known[name]
	if !found {
		if group == "" {
			var err error
			if group, err = Unescape(path.Dir(name)); err != nil {
				return Config{}, fmt.Errorf("%s: %w", name, err)
			}
		}
		dataID, err := Unescape(path.Base(name))
		if err != nil {
			return Config{}, fmt.Errorf("%s: %w", name, err)
		}
		c = Config{Group: group, DataID: dataID}
	}
	info, err := root.Stat(filepath.FromSlash(name))
	if err != nil {
		return Config{}, err
	}
	if !info.Mode().IsRegular() {
		return Config{}, fmt.Errorf("%s: not a regular file; the file of a config is DATA-ID or GROUP/DATA-ID", name)
	}
	if c.Content, err = root.ReadFile(filepath.FromSlash(name)); err != nil {
		return Config{}, err
	}
	return c, nil
}
