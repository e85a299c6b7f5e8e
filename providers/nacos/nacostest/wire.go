package nacostest

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"google.golang.org/protobuf/types/known/anypb"
)

// The bodies on the wire, with the fields that a real server sends and no others. They are written out here, and not
// taken from the SDK, because the SDK's types leave out and add fields.

type reply struct {
	ResultCode int    `json:"resultCode"`
	ErrorCode  int    `json:"errorCode"`
	Message    string `json:"message,omitempty"`
}

const (
	codeStarting     = 300 // as error of a query: not found
	codeUnregistered = 301
	codeNoHandler    = 302
	codeBadRequest   = 400
	codeDenied       = 403
	codeFailed       = 500
	codeUnreadable   = 502
)

func ok() reply { return reply{ResultCode: 200} }

func fail(code int, message string) reply {
	return reply{ResultCode: 500, ErrorCode: code, Message: message}
}

type plainReply struct {
	reply
	Success bool `json:"success"`
}

type serverCheckReply struct {
	reply
	ConnectionID string `json:"connectionId"`
	Negotiates   bool   `json:"supportAbilityNegotiation"`
	Success      bool   `json:"success"`
}

type queryReply struct {
	reply
	Content          *string `json:"content,omitempty"`
	EncryptedDataKey *string `json:"encryptedDataKey,omitempty"`
	ContentType      string  `json:"contentType,omitempty"`
	MD5              *string `json:"md5,omitempty"`
	LastModified     int64   `json:"lastModified"`
	Tag              string  `json:"tag,omitempty"`
	Beta             bool    `json:"beta"`
	Success          bool    `json:"success"`
}

type changedConfig struct {
	Group  string  `json:"group"`
	DataID string  `json:"dataId"`
	Tenant *string `json:"tenant,omitempty"`
}

type listenReply struct {
	reply
	Changed []changedConfig `json:"changedConfigs"`
	Success bool            `json:"success"`
}

type headers struct{}

type notifyRequest struct {
	Headers   headers `json:"headers"`
	RequestID string  `json:"requestId"`
	DataID    string  `json:"dataId"`
	Group     string  `json:"group"`
	Tenant    string  `json:"tenant,omitempty"` // left out for the public namespace
	Module    string  `json:"module"`
}

type detectRequest struct {
	Headers   headers `json:"headers"`
	RequestID string  `json:"requestId"`
	Module    string  `json:"module"`
}

type resetRequest struct {
	Headers    headers `json:"headers"`
	RequestID  string  `json:"requestId"`
	ServerIP   string  `json:"serverIp,omitempty"`
	ServerPort string  `json:"serverPort,omitempty"`
	Module     string  `json:"module"`
}

type setupAckRequest struct {
	Headers   headers         `json:"headers"`
	Abilities map[string]bool `json:"abilityTable"`
	Module    string          `json:"module"`
}

type setupRequest struct {
	ClientVersion string            `json:"clientVersion"`
	Tenant        string            `json:"tenant"`
	Labels        map[string]string `json:"labels"`
	AbilityTable  map[string]any    `json:"abilityTable"`
}

type ackReply struct {
	ResultCode int    `json:"resultCode"`
	RequestID  string `json:"requestId"`
}

// keyRequest is what query, publish and remove have in common. A nil field was not sent.
type keyRequest struct {
	DataID *string `json:"dataId"`
	Group  *string `json:"group"`
	Tenant *string `json:"tenant"`
}

func (r keyRequest) key() Key {
	return Key{Namespace: str(r.Tenant), Group: str(r.Group), DataID: str(r.DataID)}
}

type queryRequest struct {
	keyRequest
	Tag *string `json:"tag"`
}

type publishRequest struct {
	keyRequest
	Content  *string            `json:"content"`
	CasMD5   string             `json:"casMd5"`
	Addition map[string]*string `json:"additionMap"`
}

type listenContext struct {
	keyRequest
	MD5 *string `json:"md5"`
}

type listenRequest struct {
	Listen   *bool           `json:"listen"`
	Contexts []listenContext `json:"configListenContexts"`
}

func str(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// decode reads a JSON object and nothing else.
func decode(body []byte, into any) bool {
	if !utf8.Valid(body) || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return false
	}
	return json.Unmarshal(body, into) == nil
}

func encode(typ, ip string, body any) *pb.Payload {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil { // cannot be: all of them are strings, numbers and booleans
		b.Reset()
		b.WriteString(`{"resultCode":500,"errorCode":500,"success":false}`)
	}
	return &pb.Payload{
		Metadata: &pb.Metadata{Type: typ, ClientIp: ip},
		Body:     &anypb.Any{Value: bytes.TrimRight(b.Bytes(), "\n")},
	}
}
