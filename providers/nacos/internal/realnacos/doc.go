// Package realnacos gives tests the real Nacos server that the environment names, as
// ci/nacos/nacos.sh starts it. Only tests import it.
package realnacos
