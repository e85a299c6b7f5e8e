// Package sdkconfig converts the settings that a service has for nacos-sdk-go, its ClientConfig and
// ServerConfigs, so that it can change to nacre's own session without writing them again:
//
//	cfg, opts, err := sdkconfig.From(clientConfig, serverConfigs, nil)
//	if err != nil {
//		return err
//	}
//	client, err := nacos.NewClient(cfg, opts...)
//
// # How each setting is converted
//
//	ServerConfig.Scheme, IpAddr, Port   Config.Servers
//	ServerConfig.ContextPath            the path of that server; else ClientConfig.ContextPath, else /nacos
//	ServerConfig.GrpcPort               ?grpc=port of the server
//	NamespaceId, Username, Password     the same
//	AppName, AppConnLabels              the same, and the labels of the environment, as in the SDK
//	Endpoint, EndpointContextPath,
//	EndpointQueryParams, ClusterName    Config.Endpoint, if there are no ServerConfigs, as in the SDK
//	TLSCfg                              Config.TLS; if it is not Appointed, the TLS of the environment
//	TimeoutMs                           the option RequestTimeout
//	AccessKey, SecretKey, RamConfig     require a signer: ram.New makes one of the same ClientConfig
//	OpenKMS                             an error: encrypted configs are not decrypted
//
// The SDK logs in with the Scheme of a server, which is "http" by default, even if TLSCfg turns on
// TLS for gRPC. With TLS, From ignores the Scheme "http", so that user name, password and token
// travel over HTTPS. If the HTTP interface of your servers has no TLS and you trust the network,
// set Plaintext in the Config that From returns.
//
// From ignores the settings of the SDK's cache, log, threads and services (CacheDir, LogDir,
// UpdateThreadNum, BeatInterval, …): nacre stores the last known good configuration itself, emits
// events instead of a log, and does not do naming. AppKey and RegionId have no meaning without KMS,
// and are ignored too.
//
// The package imports the SDK's settings, and not its client.
package sdkconfig
