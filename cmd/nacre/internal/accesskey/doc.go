// Package accesskey signs requests to Nacos on Alibaba Cloud (MSE) with an access key of RAM.
//
// It signs as package ram of nacre does, which uses the code of nacos-sdk-go; tests compare with
// its signatures. It is separate because package ram reads the ALIBABA_CLOUD_… variables where a
// setting is empty: a context that has no security token would sign with the one of another key,
// which the environment of a cloud machine has. It also writes no log of its own.
package accesskey
