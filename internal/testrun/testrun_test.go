package testrun_test

import (
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
)

const atOnce = 12

func TestMain(m *testing.M) {
	testrun.AtOnce(atOnce)
	m.Run()
}

// All tests of the package meet, however few processors there are.
func TestAsManyTestsAsWereAskedForRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	all.Add(atOnce - 1) // this test has begun before its subtests, and waits for them
	for range atOnce - 1 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			all.Done()
			met := make(chan struct{})
			go func() { all.Wait(); close(met) }()
			select {
			case <-met:
			case <-time.After(30 * time.Second):
				t.Errorf("%d parallel tests do not run at the same time; was -parallel given?", atOnce-1)
			}
		})
	}
}

func TestCPUGrowsWithWork(t *testing.T) {
	before := testrun.CPU()
	for begin := time.Now(); testrun.CPU()-before < 20*time.Millisecond; {
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("half a minute of work took %v of processor time", testrun.CPU()-before)
		}
	}
}

func TestCountIsReducedUnlessTheRunIsFull(t *testing.T) {
	for setting, want := range map[string]int{"": 3, "0": 3, "1": 60} {
		t.Setenv("NACRE_FULL", setting)
		if got := testrun.Count(60, 3); got != want {
			t.Errorf("with NACRE_FULL=%q a test repeats %d times, want %d", setting, got, want)
		}
	}
}
