// Package sdkconfig takes over the settings that a service has for nacos-sdk-go, its ClientConfig
// and ServerConfigs, so that it can change to nacre's own session without writing them anew:
//
//	cfg, opts, err := sdkconfig.From(clientConfig, serverConfigs, nil)
//	if err != nil {
//		return err
//	}
//	client, err := nacos.NewClient(cfg, opts...)
//
// # What becomes of each setting
//
//	ServerConfig.Scheme, IpAddr, Port   Config.Servers
//	ServerConfig.ContextPath            the path of that server; else ClientConfig.ContextPath, else /nacos
//	ServerConfig.GrpcPort               the server's ?grpc=port
//	NamespaceId, Username, Password     the same
//	AppName, AppConnLabels              the same; labels of the environment are added, as the SDK adds them
//	Endpoint, EndpointContextPath,
//	EndpointQueryParams, ClusterName    Config.Endpoint, where there are no ServerConfigs: so the SDK has it
//	TLSCfg                              Config.TLS; where it is not Appointed, as the environment says
//	TimeoutMs                           the option RequestTimeout
//	AccessKey, SecretKey, RamConfig     want a signer: see the package ram, whose New takes the same ClientConfig
//	OpenKMS                             an error: encrypted configs are not decrypted
//
// The SDK logs in by the Scheme of a server, which is "http" by default, even where TLSCfg turns
// TLS on for gRPC. With TLS, From passes a Scheme of "http" over, and name, password and token go
// by HTTPS. For servers whose HTTP has no TLS, in a network that is trusted, set Plaintext of the
// Config that From returns.
//
// What concerns the SDK's cache, log, threads and services (CacheDir, LogDir, UpdateThreadNum,
// BeatInterval, …) has no counterpart and is passed over: nacre keeps the last good configuration
// by itself, tells events instead of writing a log, and does not do naming. AppKey and RegionId are
// of no use without KMS and are passed over too.
//
// The package imports the SDK's settings, and not its client.
package sdkconfig
