package ram

import (
	"context"
	"errors"
	"os"

	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/common/security"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

const (
	envAccessKey = "NACOS_ACCESS_KEY"
	envSecretKey = "NACOS_SECRET_KEY"
)

// signer signs with the SDK's client. It is safe for concurrent use.
type signer struct {
	client *security.RamAuthClient
	slot   chan struct{} // held while the client gets credentials
}

var (
	errMissing     = errors.New("there are no credentials")
	errUnavailable = errors.New("credentials are not available")
)

// FromEnv returns a signer with the credentials of the environment: NACOS_ACCESS_KEY and
// NACOS_SECRET_KEY, or, where they are not set, the ALIBABA_CLOUD_… variables. Errors are as for
// [New].
func FromEnv() (*nacos.Signer, error) {
	return New(constant.ClientConfig{
		AccessKey: os.Getenv(envAccessKey), SecretKey: os.Getenv(envSecretKey), RamConfig: &constant.RamConfig{},
	})
}

// New returns a signer with the credentials of the SDK's settings: AccessKey and SecretKey, or
// RamConfig for the other kinds. As in the SDK, the ALIBABA_CLOUD_… variables replace empty fields
// of RamConfig; if RamConfig is nil, only those of a plain key count. New ignores the other
// settings. An error is of kind InvalidArgument if there are no credentials, and PermissionDenied
// if the service that issues them fails; both have the code [nacos.SigningFailed].
func New(settings constant.ClientConfig) (*nacos.Signer, error) {
	s := &signer{client: security.NewRamAuthClient(settings), slot: make(chan struct{}, 1)}
	found, err := s.login()
	switch {
	case err != nil:
		return nil, fail(source.PermissionDenied, errUnavailable)
	case !found:
		return nil, fail(source.InvalidArgument, errMissing)
	}
	return &nacos.Signer{Sign: s.sign}, nil
}

// login turns a panic of the SDK into an error.
func (s *signer) login() (found bool, err error) {
	defer func() {
		if recover() != nil {
			err = errUnavailable
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

// sign returns the headers that sign a request about a config. It waits for credentials until ctx
// ends; one caller at a time gets them.
func (s *signer) sign(ctx context.Context, about nacos.Key) (map[string]string, error) {
	select {
	case s.slot <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	signed := make(chan map[string]string, 1)
	// The SDK takes no context. If ctx ends first, its call runs on and holds the slot until it
	// returns, so that at most one call hangs.
	go func() {
		defer func() { <-s.slot }()
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
			return nil, fail(source.PermissionDenied, errUnavailable)
		}
		return headers, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
