package fakenacos

import (
	"encoding/json"
	"strconv"
	"strings"
)

// The bodies of naming on the wire, with exactly the fields that a real server sends.

type instanceReply struct {
	reply
	Type    string `json:"type,omitempty"`
	Success bool   `json:"success"`
}

type serviceReply struct {
	reply
	Service *serviceInfo `json:"serviceInfo,omitempty"`
	Success bool         `json:"success"`
}

type serviceListReply struct {
	reply
	Count   int       `json:"count"`
	Names   *[]string `json:"serviceNames,omitempty"`
	Success bool      `json:"success"`
}

type notifyServiceRequest struct {
	Headers   headers     `json:"headers"`
	RequestID string      `json:"requestId"`
	Service   serviceInfo `json:"serviceInfo"`
	Module    string      `json:"module"`
}

type serviceInfo struct {
	Name                     *string    `json:"name,omitempty"`
	Group                    *string    `json:"groupName,omitempty"`
	Clusters                 *string    `json:"clusters,omitempty"`
	CacheMillis              int64      `json:"cacheMillis"`
	Hosts                    []hostInfo `json:"hosts"`
	LastRefTime              int64      `json:"lastRefTime"`
	Checksum                 string     `json:"checksum"`
	AllIPs                   *bool      `json:"allIPs,omitempty"` // of a Nacos 2
	AllIps                   *bool      `json:"allIps,omitempty"` // of a Nacos 3
	ReachProtectionThreshold bool       `json:"reachProtectionThreshold"`
	Valid                    bool       `json:"valid"`
}

type hostInfo struct {
	ID                string            `json:"instanceId"`
	IP                *string           `json:"ip,omitempty"`
	Port              int32             `json:"port"`
	Weight            real              `json:"weight"`
	Healthy           bool              `json:"healthy"`
	Enabled           bool              `json:"enabled"`
	Ephemeral         bool              `json:"ephemeral"`
	Cluster           string            `json:"clusterName"`
	Service           string            `json:"serviceName"`
	Metadata          map[string]string `json:"metadata"`
	HeartBeatInterval int64             `json:"instanceHeartBeatInterval"`
	HeartBeatTimeout  int64             `json:"instanceHeartBeatTimeOut"`
	DeleteTimeout     int64             `json:"ipDeleteTimeout"`
	IDGenerator       string            `json:"instanceIdGenerator,omitempty"`
}

func hostOf(in *instance, sv *service) hostInfo {
	interval, timeout, remove := heartbeats(in.metadata)
	generator := "simple"
	if len(in.metadata) > 0 {
		generator = in.metadata["preserved.instance.id.generator"]
	}
	return hostInfo{
		ID: in.id, IP: in.ip, Port: in.port, Weight: real(in.weight), Healthy: in.healthy, Enabled: in.enabled,
		Ephemeral: !sv.persistent, Cluster: in.cluster, Service: sv.key.grouped(), Metadata: in.metadata,
		HeartBeatInterval: interval, HeartBeatTimeout: timeout, DeleteTimeout: remove, IDGenerator: generator,
	}
}

// heartbeats returns the times in milliseconds that the metadata of an instance declares, or the
// defaults.
func heartbeats(metadata map[string]string) (interval, timeout, remove int64) {
	get := func(name string, def int64) int64 {
		text := metadata["preserved."+name]
		if strings.Trim(text, "0123456789") != "" {
			return def
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return def
		}
		return n
	}
	return get("heart.beat.interval", 5000), get("heart.beat.timeout", 15000), get("ip.delete.timeout", 30000)
}

// real is a number that is written as Java does, "1.0", and that may be read from a string.
type real float64

func (r real) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(r), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}

func (r *real) UnmarshalJSON(b []byte) error {
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil || n == "" {
		return err
	}
	f, err := n.Float64()
	*r = real(f)
	return err
}

// whole is an int of Java that may be read from a string.
type whole int32

func (w *whole) UnmarshalJSON(b []byte) error {
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil || n == "" {
		return err
	}
	i, err := strconv.ParseInt(n.String(), 10, 32)
	*w = whole(i)
	return err
}

// serviceRequest has the common fields of all naming requests. A nil field was not sent.
type serviceRequest struct {
	Namespace *loose `json:"namespace"`
	Service   *loose `json:"serviceName"`
	Group     *loose `json:"groupName"`
}

func (r serviceRequest) service() serviceKey {
	return serviceKey{str(r.Namespace), str(r.Group), str(r.Service)}
}

func (r serviceRequest) keys() []Key { return []Key{r.service().key()} }

// instanceBody is an instance as a client sends it.
type instanceBody struct {
	ID       *loose            `json:"instanceId"`
	IP       *loose            `json:"ip"`
	Port     whole             `json:"port"`
	Weight   *real             `json:"weight"`
	Healthy  *bool             `json:"healthy"`
	Enabled  *bool             `json:"enabled"`
	Cluster  *loose            `json:"clusterName"`
	Metadata map[string]*loose `json:"metadata"`
}

func (b *instanceBody) metadata() map[string]string {
	out := map[string]string{}
	for k, v := range b.Metadata {
		if v != nil {
			out[k] = string(*v)
		}
	}
	return out
}

// instance returns the instance with the defaults of the server.
func (b *instanceBody) instance(k serviceKey) *instance {
	in := &instance{
		id: str(b.ID), ip: (*string)(b.IP), port: int32(b.Port), cluster: str(b.Cluster), weight: 1, healthy: true, enabled: true,
		metadata: b.metadata(),
	}
	if in.id == "" {
		in.id = orNull(b.IP) + "#" + strconv.Itoa(int(b.Port)) + "#" + orNull(b.Cluster) + "#" + k.grouped()
	}
	if in.cluster == "" {
		in.cluster = "DEFAULT"
	}
	if b.Weight != nil {
		in.weight = float64(*b.Weight)
	}
	if b.Healthy != nil {
		in.healthy = *b.Healthy
	}
	if b.Enabled != nil {
		in.enabled = *b.Enabled
	}
	return in
}
