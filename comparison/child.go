package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// What a service prints, a line each, before its settings or its error.
const (
	saysStarted = "started"
	saysRefused = "refused"
	saysCalled  = "called" // its callback was called
	saysNow     = "now"    // the answer to a line on standard input
)

// runService is the process of one service. It answers each line of its input with the settings
// that it would use now.
func runService(l library, j job, panics bool) error {
	var mu sync.Mutex
	say := func(what string, s settings) {
		mu.Lock()
		defer mu.Unlock()
		text, _ := json.Marshal(s) // three plain fields
		fmt.Printf("%s %s\n", what, text)
	}
	get, err := l.start(j, func(s settings) {
		say(saysCalled, s)
		if panics {
			panic("a mistake in the callback")
		}
	})
	if err != nil {
		text, _ := json.Marshal(err.Error())
		fmt.Printf("%s %s\n", saysRefused, text)
		return nil
	}
	say(saysStarted, get())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		say(saysNow, get())
	}
	return nil
}
