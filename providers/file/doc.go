// Package file is the layer that reads configuration files: YAML, JSON, TOML, .env and properties, one file or several,
// and folders of them (conf.d).
//
//	file.New("config.yaml")
//	file.New("base.yaml", file.Required(), file.WithFile("local.yaml"), file.WithDir("conf.d"))
//	file.Dir("/etc/orders/conf.d")
//
// # What it delivers
//
// The bytes of every file with its format; the engine decodes them. A file that is not there is an absent document and
// not an error, unless it is [Required]. A folder yields each file whose extension is known, in alphabetical order;
// hidden files (also the ..data of Kubernetes), backups of editors and packages, and subfolders are passed over. A file
// that appears in a folder or leaves it is a change; a folder that is not there, or has nothing to read, is one absent
// document of its own name.
//
// # Paths
//
// A path is taken as it stands: nothing in it is expanded. If nothing stands at it, it is an absent
// document, unless nobody means such a path: "~/app.yaml", "$HOME/app.yaml", "%TEMP%\app.yaml", a
// pattern ("conf/*.yaml", "{a,b}.yaml"), a URL, white space or quotation marks around it. That is an
// error of kind InvalidArgument that says what to write instead, also if the file is not Required.
//
// A file that exists is read, whatever its name, such as "[x].yaml"; once it was there, its absence is
// one like any other. In a pattern, folders that exist are meant: "pages/[id]/app.yaml" is absent if
// there is a folder "pages/[id]".
//
// # Revisions
//
// The revision is the SHA-256 of all names, of what is absent and of all bytes, so that equal files have equal
// revisions everywhere. Somebody who sees revisions could guess a short secret in an otherwise known file from them.
//
// # How a change is seen
//
// On every look the path is walked from the root, and each folder in which a name is looked up is watched before the
// name is looked up: all parents, the folders to which symbolic links lead, and the nearest parent of what does not
// exist. The file itself is watched too, for writes that come through another name or a mount. So a rename over the
// file, a swap of a Kubernetes ..data link, a folder that is removed and made again, and a link that is turned
// elsewhere are all seen. Where the system cannot tell (no watches left, a folder that may not be listed) every file is
// read once a second; [Source.Watching] says why. A source takes one inotify instance, of which Linux gives a user 128,
// and a watch for each folder and file. Beside the watch, all is read every 10 s, because the writes of other machines
// to a network file system are told by nobody. See [PollInterval].
//
// # Never half a file
//
// On Linux a read lease (fcntl F_SETLEASE) is taken for the moment of the read. The kernel grants it only while nobody
// has the file open for writing or mapped for writing, so that what is read is whole, whoever writes, however slowly,
// also on the first read. A file that stays open for writing is not delivered at all: after [WriteTimeout] Next reports it.
// Leases are granted to the owner of the file and to CAP_LEASE, and asked for on local file systems only. For all
// others a file is whole when it was seen to be closed after writing, or has not changed for two seconds, or not for
// the [SettleTime] window; while it was seen to be written and not yet closed it is held back until Patience has passed
// without a write.
//
// On other systems a file is whole when its time, size and bytes did not change over the Settle window (100 ms).
//
// Everywhere, a file that vanishes or is emptied must stay so for the Settle window before it is news, which covers
// tools that delete and create, or truncate and reopen; ten times as long for an empty file without a lease. Several
// files are read again until nothing has changed between the first and the last of them, so that they never come from
// two sides of a swap.
//
// # Concurrency
//
// Name, Watching and Close are safe for concurrent use; Next is not, as the contract says. On Linux the source has no
// goroutine of its own; elsewhere the watch owns one or two, which Close ends. Close wakes a Next that is still
// running.
//
// # Errors
//
// All are a [source.Error] that names the file as it was given: InvalidArgument (an unknown extension without
// a [Format], a path that nobody means, a folder where a file was promised, a device or pipe, a loop of
// links), NotFound ([Required] and absent), PermissionDenied, TooLarge ([MaxSize]), Unavailable (an input/output
// error, or a file that is being written for too long), Closed. They end by themselves when the cause
// does.
//
// # Limits
//
// A writer that dies or closes in the middle leaves a file that looks whole; replace files by rename to be safe from
// that. Without a lease, and on other systems, a writer that pauses for longer than the window cannot be told from one
// that is done. A lease delays a writer that opens the file during the read, by microseconds (if the service is frozen
// right then, by what /proc/sys/fs/lease-break-time says, 45 s); one that opens with O_NONBLOCK gets EWOULDBLOCK
// instead. A file that is bind-mounted alone (docker -v file:file, subPath) never shows a rename made outside. Outside
// Linux a renamed parent folder is seen by polling only. Reading from a file system that hangs cannot be cancelled.
package file
