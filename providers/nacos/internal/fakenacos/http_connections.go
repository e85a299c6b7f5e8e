package fakenacos

import (
	"cmp"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// listed is a connection in the list of them.
type listed struct {
	Traced    bool               `json:"traced"`
	Abilities map[string]any     `json:"abilityTable"`
	Meta      connectionMeta     `json:"metaInfo"`
	Connected bool               `json:"connected"`
	Labels    map[string]string  `json:"labels"`
	App       map[string]*string `json:"appLabels"`
}

type connectionMeta struct {
	ID          string             `json:"connectionId"`
	IP          string             `json:"clientIp"`
	Port        int                `json:"localPort"`
	Type        string             `json:"connectType"`
	Version     string             `json:"version"`
	Name        string             `json:"appName"`
	Labels      map[string]string  `json:"labels"`
	Created     string             `json:"createTime"`
	Active      int64              `json:"lastActiveTime"`
	Tag         *string            `json:"tag"`
	App         map[string]*string `json:"appLabels"`
	FromCluster bool               `json:"clusterSource"`
	FromSDK     bool               `json:"sdkSource"`
	*metaV2
	*metaV3
}

type metaV2 struct {
	Tenant *loose `json:"tenant"`
}

type metaV3 struct {
	Namespace  *loose `json:"namespaceId"`
	RemoteIP   string `json:"remoteIp"`
	RemotePort int    `json:"remotePort"`
	TLS        bool   `json:"tlsProtected"`
}

// appLabels are those of the application, without their prefix, and two more.
func (s setupRequest) appLabels() map[string]*string {
	all := map[string]*string{"AppName": orNil(s.Labels["AppName"]), "ClientVersion": orNil(s.ClientVersion)}
	for name, value := range s.Labels {
		if name, is := strings.CutPrefix(name, "app_"); is && name != "" && !blank(value) {
			all[name] = &value
		}
	}
	return all
}

// connections returns the connections by their IDs.
func (h *web) connections() map[string]listed {
	s := h.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]listed{}
	for id, c := range s.conns {
		app := c.setup.appLabels()
		m := connectionMeta{
			ID: id, IP: c.transport.ip, Port: s.port + grpcOffset, Type: "GRPC", Version: c.setup.ClientVersion,
			Name: cmp.Or(c.setup.Labels["AppName"], "-"), Labels: c.setup.Labels, Created: stamp(c.since), Active: c.active.UnixMilli(),
			App: app, FromCluster: c.setup.Labels["source"] == "cluster", FromSDK: c.setup.Labels["source"] == "sdk",
		}
		if s.three {
			_, port, _ := net.SplitHostPort(c.transport.remote)
			n, _ := strconv.Atoi(port) // 0 if there is none
			m.metaV3 = &metaV3{Namespace: c.setup.Tenant, RemoteIP: c.transport.ip, RemotePort: n}
		} else {
			m.metaV2 = &metaV2{Tenant: c.setup.Tenant}
		}
		all[id] = listed{Abilities: c.setup.AbilityTable, Meta: m, Connected: true, Labels: c.setup.Labels, App: app}
	}
	return all
}

func (h *web) connectionsV2() { h.json(http.StatusOK, h.connections()) }
func (h *web) connectionsV3() { h.succeed(h.connections()) }
