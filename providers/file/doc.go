// Package file is a source of configuration files: YAML, JSON, TOML, .env and properties, one file
// or several, and folders of them (conf.d).
//
//	file.New("config.yaml")
//	file.New("base.yaml", file.WithFile("local.yaml"), file.WithDir("conf.d"))
//	file.Dir("/etc/orders/conf.d")
//	file.First([]string{"orders.yaml", "/etc/orders.yaml"})
//
// # Documents
//
// The source returns the bytes of every file and its format; the engine decodes them. A file that
// does not exist is an absent document. A config does not start without the first path of a source,
// unless nacre.AbsentOK allows it; the paths of [WithFile] and [WithDir] may be missing.
//
// A folder contributes each file whose extension is known, in alphabetical order. It skips hidden
// files (also the ..data of Kubernetes), backups of editors and packages, and subfolders. A file
// that appears in a folder or disappears is a change. A folder that does not exist, or has no file
// to read, is one absent document with the name of the folder.
//
// # Paths
//
// The source uses a path as it is given and expands nothing in it. A path at which nothing exists
// is an absent document, unless the path is surely a mistake: "~/app.yaml", "$HOME/app.yaml",
// "%TEMP%\app.yaml", a pattern ("conf/*.yaml", "{a,b}.yaml"), a URL, or white space or quotation
// marks around it. That is an error of kind InvalidArgument that says what to write instead, also
// with nacre.AbsentOK.
//
// A file that exists is read, whatever its name, such as "[x].yaml". Once it has existed, its
// absence is like any other. The same is true of the folders in a pattern: "pages/[id]/app.yaml" is
// absent if the folder "pages/[id]" exists.
//
// # Revisions
//
// The revision is the SHA-256 of all names, of which files are absent, and of all bytes, so that
// equal files have equal revisions on every machine. With a revision, an attacker can test guesses
// of a short secret in a file that is otherwise known.
//
// # Watching
//
// To read, the source walks each path from the root, and watches each folder before it looks up a
// name in it: all parents, the folders to which symbolic links lead, and the nearest parent of a
// path that does not exist. It also watches the file itself, for writes through another name or a
// mount. So it sees a rename over the file, a replaced ..data link of Kubernetes, a folder that is
// removed and created again, and a link that is changed. If the system does not report changes (no
// watches left, a folder that cannot be listed), the source reads every file once a second. Its
// method Watching() error says why. A source uses one inotify instance, of which Linux gives a user
// 128, and a watch for each folder and file. In addition, the source reads everything every 10 s,
// because no system reports what another machine writes to a network file system. See
// [PollInterval].
//
// # Whole files only
//
// On Linux, the source takes a read lease (fcntl F_SETLEASE) during the read. The kernel grants it
// only while no process has the file open or mapped for writing. What the source reads is therefore
// whole, however slowly another process writes, also on the first read. The source does not deliver
// a file that stays open for writing; after [WriteTimeout], Next reports it. The kernel grants
// leases to the owner of the file and to CAP_LEASE, and the source asks for them on local file
// systems only. Without a lease, a file is whole if the source saw that it was closed after
// writing, if it is older than two seconds, or if it does not change within [SettleTime]. If the
// source saw a write and no close, it holds the file back until WriteTimeout has passed without a
// write.
//
// On other systems, a file is whole if its time, size and bytes do not change within SettleTime.
//
// On all systems, a file that disappears or becomes empty must stay so for SettleTime before that
// is a change. That covers tools that delete and create a file, or truncate and rewrite it. For an
// empty file without a lease, it is ten times as long. The source reads several files again until
// nothing has changed between the first and the last of them, so that it never mixes two states.
//
// # Concurrency
//
// Name, Watching and Close are safe for concurrent use; Next is not, see source.Source. On Linux,
// the source has no goroutine of its own. On other systems, the watch has one or two, which Close
// ends. Close also ends a Next that is blocked.
//
// # Errors
//
// Every error is a [source.Error] with the name of the file as it was given: InvalidArgument (an
// unknown extension without a [Format], a path that is surely a mistake, a folder in place of a
// file, a device or pipe, a loop of links), PermissionDenied, TooLarge ([MaxSize]), Unavailable (an
// input/output error, or a file that is being written for too long), and Closed. An error ends when
// its cause does.
//
// # Limits
//
// A writer that dies or closes the file in the middle leaves a file that looks whole. Replace files
// by rename to avoid that. Without a lease, and on other systems, the source cannot distinguish a
// writer that pauses for longer than SettleTime from one that has finished. A lease delays a writer
// that opens the file during the read by microseconds, or, if the service is frozen at that moment,
// by what /proc/sys/fs/lease-break-time says (45 s). A writer that opens with O_NONBLOCK gets
// EWOULDBLOCK instead. A file that is bind-mounted alone (docker -v file:file, subPath) never shows
// a rename from outside. On other systems than Linux, only polling sees that a parent folder was
// renamed. A read from a file system that hangs cannot be cancelled.
package file
