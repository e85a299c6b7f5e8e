// Package redis is a part of a service that brings its own settings: nobody else knows their type.
package redis
