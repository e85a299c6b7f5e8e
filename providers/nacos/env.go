package nacos

import (
	"os"
	"strings"
)

// The variables that [FromEnv] reads.
const (
	EnvServers      = "NACOS_SERVER_ADDR"   // "10.0.0.1:8848,10.0.0.2:8848"
	EnvNamespace    = "NACOS_NAMESPACE"     // the id, not the name
	EnvGroup        = "NACOS_GROUP"         // default DEFAULT_GROUP
	EnvUsername     = "NACOS_USERNAME"      //
	EnvPassword     = "NACOS_PASSWORD"      //
	EnvPasswordFile = "NACOS_PASSWORD_FILE" // a file that holds the password, without its last line feed
	EnvContextPath  = "NACOS_CONTEXT_PATH"  // default "/nacos"
	EnvAppName      = "NACOS_APP_NAME"      //
)

// FromEnv returns the Config that the environment describes. What is wrong with it, [Dial] says.
func FromEnv() Config {
	c := Config{
		Namespace:   os.Getenv(EnvNamespace),
		Group:       os.Getenv(EnvGroup),
		Username:    os.Getenv(EnvUsername),
		Password:    NewPassword(os.Getenv(EnvPassword)),
		ContextPath: os.Getenv(EnvContextPath),
		AppName:     os.Getenv(EnvAppName),
	}
	for text := range strings.FieldsFuncSeq(os.Getenv(EnvServers), func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		c.Servers = append(c.Servers, text)
	}
	if len(c.Servers) == 0 {
		c.problems = append(c.problems, EnvServers+" is not set")
	}
	if name := os.Getenv(EnvPasswordFile); name != "" {
		data, err := os.ReadFile(name)
		switch {
		case os.Getenv(EnvPassword) != "":
			c.problems = append(c.problems, EnvPassword+" and "+EnvPasswordFile+" are both set")
		case err != nil:
			c.problems = append(c.problems, "the file that "+EnvPasswordFile+" names cannot be read")
		default:
			c.Password = NewPassword(strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"))
		}
	}
	return c
}
