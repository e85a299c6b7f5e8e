package main

import "time"

// settings are what each service reads: three keys, of which the environment may override pool.
type settings struct {
	DSN     string        `json:"dsn"`
	Pool    int           `json:"pool"`
	Timeout time.Duration `json:"timeout"`
}

// job says where a service finds its configuration.
type job struct {
	File   string // a YAML file
	Server string // host:port of a Nacos server with the document "app.yaml"
	Dir    string // a folder that belongs to the service
}

// library is one column of the table.
type library struct {
	name    string
	file    string // the source file that is counted
	onNacos bool
	start   func(j job, changed func(settings)) (get func() settings, err error)
}

var libraries = []library{
	{name: "viper", file: "with_viper.go", start: withViper},
	{name: "koanf", file: "with_koanf.go", start: withKoanf},
	{name: "konf", file: "with_konf.go", start: withKonf},
	{name: "kratos", file: "with_kratos.go", start: withKratos},
	{name: "nacos-sdk-go", file: "with_sdk.go", onNacos: true, start: withSDK},
	{name: "nacre, file", file: "with_nacre.go", start: withNacre},
	{name: "nacre, Nacos", file: "with_nacre_nacos.go", onNacos: true, start: withNacreNacos},
}
