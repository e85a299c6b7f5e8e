package ram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/common/security"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// Credentials are an access key, or what stands for one. AccessKey and SecretKey, or one of the ways after Region, are
// required; what is empty is looked for in the ALIBABA_CLOUD_… variables, as every client of that cloud does. They may be
// printed: nothing shows.
type Credentials struct {
	AccessKey, SecretKey string
	// Token makes AccessKey and SecretKey temporary ones (STS).
	Token string
	// Region makes the signature one of version 4, which holds for this region only. Empty: version 1.
	Region string

	RoleName        string // the RAM role of this machine (ECS)
	RoleARN         string // a role to assume, with AccessKey and SecretKey, or with OIDC
	RoleSession     string // the name of that session
	Policy          string // what narrows that role's rights
	OIDCProviderARN string // with OIDCTokenFile and RoleARN
	OIDCTokenFile   string
	CredentialsURI  string // where credentials are had by HTTP
	SecretName      string // of an access key that the secrets manager rotates
}

// Format writes nothing of what is inside, for every verb and flag.
func (Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "ram.Credentials(******)") }

// Signer is a [nacos.Signer]. It is safe for concurrent use.
type Signer struct {
	client *security.RamAuthClient
	one    chan struct{} // held while credentials are asked for
}

var _ nacos.Signer = (*Signer)(nil)

var (
	errNone    = errors.New("there are no credentials")
	errRefused = errors.New("credentials cannot be had")
)

// New returns a signer with these credentials. An error is of kind InvalidArgument where there are none, and PermissionDenied where they
// cannot be had; its cause is [nacos.SigningFailed].
func New(c Credentials) (*Signer, error) {
	return FromClientConfig(constant.ClientConfig{
		AccessKey: c.AccessKey, SecretKey: c.SecretKey,
		RamConfig: &constant.RamConfig{
			SecurityToken: c.Token, SignatureRegionId: c.Region, RamRoleName: c.RoleName, RoleArn: c.RoleARN, Policy: c.Policy,
			RoleSessionName: c.RoleSession, OIDCProviderArn: c.OIDCProviderARN, OIDCTokenFilePath: c.OIDCTokenFile,
			CredentialsURI: c.CredentialsURI, SecretName: c.SecretName,
		},
	})
}

// FromEnv is New with NACOS_ACCESS_KEY and NACOS_SECRET_KEY; where they are not set, with the ALIBABA_CLOUD_… variables.
func FromEnv() (*Signer, error) {
	return New(Credentials{AccessKey: os.Getenv(nacos.EnvAccessKey), SecretKey: os.Getenv(nacos.EnvSecretKey)})
}

// FromClientConfig is New with what nacos-sdk-go's own settings have.
func FromClientConfig(c constant.ClientConfig) (*Signer, error) {
	s := &Signer{client: security.NewRamAuthClient(c), one: make(chan struct{}, 1)}
	found, err := s.login()
	switch {
	case err != nil:
		return nil, fail(source.PermissionDenied, errRefused)
	case !found:
		return nil, fail(source.InvalidArgument, errNone)
	}
	return s, nil
}

// login keeps a panic of the cloud's packages from the service.
func (s *Signer) login() (found bool, err error) {
	defer func() {
		if recover() != nil {
			err = errRefused
		}
	}()
	return s.client.Login()
}

func fail(kind source.Kind, cause error) error {
	return &source.Error{
		Kind: kind, Op: "find", Document: "credentials", Err: errors.Join(cause, nacos.SigningFailed),
		Fix: "set NACOS_ACCESS_KEY and NACOS_SECRET_KEY, or the ALIBABA_CLOUD_… variables of a role",
	}
}

// Sign returns the headers that sign a request about this config. It waits for credentials as long as ctx allows; one
// caller at a time asks for them.
func (s *Signer) Sign(ctx context.Context, about nacos.Key) (map[string]string, error) {
	select {
	case s.one <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	signed := make(chan map[string]string, 1)
	// The cloud's packages know no context. What they are doing when ctx ends goes on, and holds its place until it is done,
	// so that there is one of it at most.
	go func() {
		defer func() { <-s.one }()
		defer func() {
			if recover() != nil {
				signed <- nil
			}
		}()
		signed <- s.client.GetSecurityInfo(security.BuildConfigResource(about.Namespace, about.Group, about.DataID))
	}()
	select {
	case headers := <-signed:
		if headers[security.CONFIG_AK_FILED] == "" || headers[security.SIGNATURE_HEADER] == "" {
			return nil, fail(source.PermissionDenied, errRefused)
		}
		return headers, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// String returns "ram.Signer".
func (s *Signer) String() string { return "ram.Signer" }

// Format writes String for every verb and flag, so that nothing inside is printed by reflection.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
