// Package layername gives each layer of a config a name that no other layer has.
package layername
