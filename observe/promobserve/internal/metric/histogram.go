package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Histogram returns the options of a histogram that is classic, with these buckets, and native.
func Histogram(name, help string, constant prometheus.Labels, buckets ...float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, ConstLabels: constant, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
	}
}

// Observe adds a value with the ID of a trace as its exemplar, if there is one.
func Observe(o prometheus.Observer, value float64, trace string) {
	if with, ok := o.(prometheus.ExemplarObserver); ok && validTrace(trace) {
		with.ObserveWithExemplar(value, prometheus.Labels{"trace_id": trace})
		return
	}
	o.Observe(value)
}

// maxTrace is more than any format of an ID needs; an exemplar of more than 128 characters panics.
const maxTrace = 64

func validTrace(id string) bool {
	if id == "" || len(id) > maxTrace {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}
