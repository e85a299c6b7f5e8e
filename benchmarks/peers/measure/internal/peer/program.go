package peer

// Program is a program that reads one file with a peer. It is in the folder programs.
type Program struct{ Name, Dir string }

// Programs are all programs, that of nacre first.
func Programs() []Program {
	return []Program{
		{Nacre, "nacre"}, {Koanf, "koanf"}, {"koanf + validator", "koanfvalidator"}, {"viper", "viper"}, {"kratos v2", "kratos2"}, {"kratos v3", "kratos3"},
		{"go-zero conf", "gozeroconf"}, {"go-zero center", "gozerocenter"}, {"runtimevar", "runtimevar"}, {"gookit", "gookit"}, {"konf", "konf"},
		{"agollo", "agollo"}, {Struct, "yamlvalidator"},
	}
}
