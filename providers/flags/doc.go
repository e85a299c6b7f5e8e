// Package flags is a source of the flags of a command line. It defines the flags from the struct,
// so that names, help and defaults are written once.
//
//	layer := flags.New[Config](flag.CommandLine)
//	flag.Parse()
//	cfg, err := nacre.Open[Config](ctx, file.New("config.yaml"), env.New("ORDERS"), layer)
//
// # Names
//
// Each key has a flag of its name: -db.max_conns sets db.max_conns. With [Dashes], the flag is
// -db-max-conns. [Flag] gives a key another flag, and [Only] selects the keys that have one. A key
// whose name has a space, a quotation mark or '=' has no flag, and neither does a key of a map.
//
// A secret has no flag, unless [Flag] or [Only] names its key, because every user of the machine
// can see the command line of a process.
//
// # Values
//
// A flag that is set overrides lower layers. A flag that is not set changes nothing: its default is
// that of the struct, and the help shows it. The field reads the text as it reads the text of a
// variable: "5s", "64Mi", "a,b" or ["a","b"] for a list, "a=1,b=2" or JSON for a map. A flag of a
// list may be repeated, and each adds items (-hosts a -hosts b,c); a flag of a map may be repeated
// too. Of any other flag, the last one counts. A bool needs no value.
//
// # pflag and cobra
//
// Packages that take the flags of package flag take these:
//
//	set := flag.NewFlagSet("orders", flag.ContinueOnError)
//	layer := flags.New[Config](set)
//	command.Flags().AddGoFlagSet(set) // pflag
//
// Call AddGoFlagSet before you define your own flags. pflag then panics if one of them has the name
// of a key; in the other order, it drops the flag of the key without an error.
//
// # Flow
//
// New only defines the flags. Parse, which may also be that of pflag, sets them. A flag that the
// program sets later with flag.Set is a change like any other.
//
// # Concurrency
//
// Next and Set are safe for concurrent use. Parse the flags before Open. The source starts no
// goroutine and holds nothing that must be closed.
//
// # Errors
//
// A text that is wrong for its field is an error of Open, together with all other problems, which
// names the flag and not the text. A mistake in the options is an error of kind InvalidArgument,
// and so is a flag that the set has already, and a command line that was never parsed.
package flags
