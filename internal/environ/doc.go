// Package environ is the format in which providers/env gives the variables of an environment to the
// engine, and providers/flags the flags of a command line.
//
// A document is a list of entries, each "KEY<VARIABLE=value" with a NUL byte at its end. KEY is the
// variable's name without the prefix; VARIABLE is what errors show. The engine resolves KEY to a
// path by the keys that the bound struct has, so that DB_POOL_SIZE finds db.pool_size. Every value
// is a source.Text.
//
// Other entries:
//
//   - "KEY<VARIABLE<file=content" after the entry of VARIABLE is what VARIABLE means if the struct
//     has no such key and VARIABLE names a file with the value of KEY.
//   - "KEY<VARIABLE<4=reason" says that this file could not be read; the number is the source.Kind.
//   - "KEY<VARIABLE<named=value" is a variable that an option of the source names.
//   - "KEY<VARIABLE<path=value" is a variable that an option of the source maps to a path: KEY is
//     the path. Before the marks for files and unset variables, it is "KEY<VARIABLE<path<file=…".
//   - "KEY<FLAG<flag=value" is a flag with its path, and "KEY<FLAG<flag<unset=" one that an option
//     names and that is not set.
//   - "KEY<VARIABLE<unset=" is a variable that an option names and that is not set;
//     "KEY<VARIABLE<unset-file=" is the key of the file that it would name.
package environ
