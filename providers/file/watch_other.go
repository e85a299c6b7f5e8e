//go:build !linux

package file

func newWatch() (watcher, error) { return newNotify() }
