package contexts

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/strictyaml"
)

// maxFile is the size in bytes of the largest file that is read.
const maxFile = 1 << 20

// File is a contexts file.
type File struct {
	Path     string              `yaml:"-"`
	Exists   bool                `yaml:"-"`
	Current  string              `yaml:"current,omitempty"`
	Contexts map[string]*Context `yaml:"contexts,omitempty"`

	node *yaml.Node // as it is on disk, with its comments
}

// Context is one environment.
type Context struct {
	Servers     []string `yaml:"servers,omitempty"`
	Endpoint    string   `yaml:"endpoint,omitempty"`
	ContextPath string   `yaml:"context_path,omitempty"`
	Namespace   string   `yaml:"namespace,omitempty"`
	Group       string   `yaml:"group,omitempty"`
	// Protected demands --yes and --reason of every command that writes.
	Protected bool  `yaml:"protected,omitempty"`
	Plaintext bool  `yaml:"plaintext,omitempty"`
	TLS       *TLS  `yaml:"tls,omitempty"`
	Auth      *Auth `yaml:"auth,omitempty"`
	// Instances are the addresses at which the instances of services serve their state as JSON.
	Instances []string `yaml:"instances,omitempty"`
}

// TLS are the settings of encrypted connections. An empty mapping uses the CAs of the system.
type TLS struct {
	CAFile     string `yaml:"ca_file,omitempty"`
	CertFile   string `yaml:"cert_file,omitempty"`
	KeyFile    string `yaml:"key_file,omitempty"`
	ServerName string `yaml:"server_name,omitempty"`
}

// Auth says where the credentials are: one of PasswordEnv, PasswordFile, AccessKey and Exec.
type Auth struct {
	Username     string     `yaml:"username,omitempty"`
	PasswordEnv  string     `yaml:"password_env,omitempty"`
	PasswordFile string     `yaml:"password_file,omitempty"`
	AccessKey    *AccessKey `yaml:"access_key,omitempty"`
	Exec         []string   `yaml:"exec,omitempty"`
}

// AccessKey says where the parts of an access key of RAM are: its id, its secret, and the security
// token of a temporary one. Each part is in a variable or a file; the id may be given as it is,
// since it is public.
type AccessKey struct {
	ID         string `yaml:"id,omitempty"`
	IDEnv      string `yaml:"id_env,omitempty"`
	IDFile     string `yaml:"id_file,omitempty"`
	SecretEnv  string `yaml:"secret_env,omitempty"`
	SecretFile string `yaml:"secret_file,omitempty"`
	TokenEnv   string `yaml:"token_env,omitempty"`
	TokenFile  string `yaml:"token_file,omitempty"`
	// Region is the one in whose name requests are signed; it may be empty.
	Region string `yaml:"region,omitempty"`
}

// Load reads a contexts file. A missing file is a File that does not exist.
func Load(path string) (*File, error) {
	f := &File{Path: path, Contexts: map[string]*Context{}}
	data, err := read(path, private{othersMayRead: true})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return nil, exit.With(exit.Usage, fmt.Errorf("contexts file: %w", err), "")
	}
	f.Exists = true
	if err := strictyaml.Decode(data, f); err != nil {
		return nil, f.wrong(err)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil {
		return nil, f.wrong(errors.New("is not valid YAML"))
	}
	if f.Contexts == nil {
		f.Contexts = map[string]*Context{}
	}
	f.node = &node
	for _, name := range f.Names() {
		if f.Contexts[name] == nil {
			f.Contexts[name] = &Context{}
		}
		if err := f.Contexts[name].Check(); err != nil {
			return nil, exit.With(exit.Invalid, fmt.Errorf("contexts file %s: context %s: %w", path, name, err), "")
		}
	}
	return f, nil
}

func (f *File) wrong(err error) error {
	return exit.With(exit.Invalid, fmt.Errorf("contexts file %s: %w", f.Path, err),
		"a context has the keys servers, endpoint, context_path, namespace, group, protected, plaintext, tls, auth and instances; a password is never one of them")
}

// Names returns the names of the contexts, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.Contexts)) }

// Get returns the context with that name.
func (f *File) Get(name string) (*Context, error) {
	if c := f.Contexts[name]; c != nil {
		return c, nil
	}
	fix := "the contexts file " + f.Path + " has none; nacre context set " + name + " --server HOST:PORT makes one"
	if names := f.Names(); len(names) > 0 {
		fix = fmt.Sprintf("the contexts are %v; nacre context set %s --server HOST:PORT makes another one", names, name)
	}
	return nil, exit.With(exit.Usage, fmt.Errorf("context %q does not exist", name), fix)
}

// Check reports what is wrong with a context.
func (c *Context) Check() error {
	var problems []error
	if len(c.Servers) == 0 && c.Endpoint == "" {
		problems = append(problems, errors.New("servers and endpoint are both missing"))
	}
	if c.Auth != nil {
		problems = append(problems, c.Auth.check()...)
	}
	if slices.ContainsFunc(append([]string{c.Endpoint}, c.Servers...), hasUserinfo) {
		problems = append(problems, errors.New("an address has a user name or password in it; auth says where they are"))
	}
	if t := c.TLS; t != nil && (t.CertFile == "") != (t.KeyFile == "") {
		problems = append(problems, errors.New("tls needs both cert_file and key_file, or neither"))
	}
	return errors.Join(problems...)
}

// check returns what is wrong with the places of credentials.
func (a *Auth) check() (problems []error) {
	if given(a.PasswordEnv != "", a.PasswordFile != "", a.AccessKey != nil, len(a.Exec) > 0) != 1 {
		problems = append(problems, errors.New("auth needs one of password_env, password_file, access_key and exec"))
	}
	k := a.AccessKey
	if k == nil {
		if a.Username == "" && len(a.Exec) == 0 {
			problems = append(problems, errors.New("auth has no username"))
		}
		return problems
	}
	if a.Username != "" {
		problems = append(problems, errors.New("auth has both a username and an access_key"))
	}
	if given(k.ID != "", k.IDEnv != "", k.IDFile != "") != 1 {
		problems = append(problems, errors.New("access_key needs one of id, id_env and id_file"))
	}
	if given(k.SecretEnv != "", k.SecretFile != "") != 1 {
		problems = append(problems, errors.New("access_key needs one of secret_env and secret_file"))
	}
	if given(k.TokenEnv != "", k.TokenFile != "") > 1 {
		problems = append(problems, errors.New("access_key has both token_env and token_file"))
	}
	return problems
}

// given counts what is set.
func given(all ...bool) (n int) {
	for _, set := range all {
		if set {
			n++
		}
	}
	return n
}

// Save writes the file atomically, and keeps the comments in it. Only its owner can read it.
func (f *File) Save() error {
	data, err := f.encode()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(f.Path), 0o700)
	}
	if err == nil {
		err = exit.Write(f.Path, replace(f.Path, data))
	}
	if err != nil {
		return exit.With(exit.Local(err), fmt.Errorf("contexts file: %w", err), "")
	}
	return nil
}

// replace writes a file that is either the old one or the new one, at any moment.
func replace(path string, data []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil { // the link stays
		path = target
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o200 == 0 { // a rename would replace it all the same
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrPermission}
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".nacre-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Sync()
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	return err
}
