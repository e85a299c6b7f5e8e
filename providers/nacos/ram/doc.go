// Package ram signs the requests of a Nacos client with an access key (AK/SK), as Nacos on Alibaba
// Cloud (MSE) requires.
//
//	signer, err := ram.FromEnv()
//	if err != nil {
//		return err
//	}
//	cfg := nacos.FromEnv()
//	cfg.Signer = signer
//	client, err := nacos.NewClient(cfg)
//
// It also accepts the other credentials of RAM: a temporary token (STS), the role of a machine
// (ECS), the role of a service account (OIDC), a credentials URI, and a secret that is rotated.
//
// The package signs with the code of nacos-sdk-go. It adds some 70 packages, Alibaba's among them,
// to programs that import it, and the SDK's logger, which writes when credentials are not
// available.
package ram
