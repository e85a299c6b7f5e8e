//go:build !unix

package nacosonce_test

func child(string) int { return 2 }
