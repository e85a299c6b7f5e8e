// Package ram signs the requests of a Nacos client with an access key (AK/SK), as Nacos on Alibaba Cloud (MSE) wants it.
//
//	signer, err := ram.FromEnv()
//	if err != nil {
//		return err
//	}
//	cfg := nacos.FromEnv()
//	cfg.Signer = signer
//	client, err := nacos.NewClient(cfg)
//
// Besides a plain key it takes what RAM has in its place: a temporary token (STS), the role of a machine (ECS), the role
// of a service account (OIDC), a role that is assumed (ARN), a credentials URI, a secret that is rotated. The work is done by
// nacos-sdk-go's own package, so that the two sign alike; it brings some 70 packages along, Alibaba's among them, into
// the binaries that import this package, and into no others. It also brings that SDK's logger, which writes when
// credentials cannot be had.
package ram
