// Package metric has what the collectors of promobserve and promnacos share: labels that are safe
// and bounded, histograms that are both classic and native, and errors of a registration that say
// what to do.
package metric
