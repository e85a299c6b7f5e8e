package fakenacos

import (
	"net/http"
	"regexp"
	"slices"
)

func (h *web) stateV3() {
	about := h.about()
	about["auth_system_type"], about["auth_admin_request"], about["config_retention_days"] = "nacos", "false", "30"
	h.succeed(about)
}

func (h *web) readyV3() {
	if !h.ready() {
		h.json(http.StatusOK, wrapped{codeServerTrouble, "config is not in readiness", nil})
		return
	}
	h.aliveV2()
}

func (h *web) loginV3() {
	wrong := func() { h.errorPage(http.StatusInternalServerError, "No message available") }
	if h.params.Get("username") == "" || h.params.Get("password") == "" {
		wrong()
		return
	}
	h.loginWith(func(string) { h.errorPage(http.StatusForbidden, "Access Denied") }, wrong)
}

var publicV3 = "Default Namespace"

func (h *web) spacesV3() []namespaceItem {
	return h.namespaces(namespaceItem{ID: "public", Desc: &publicV3}, 1)
}

func (h *web) namespacesV3() { h.succeed(h.spacesV3()) }

func (h *web) namespaceV3() {
	if !h.asks("namespaceId", "String") {
		return
	}
	id := h.params.Get("namespaceId")
	all := h.spacesV3()
	i := slices.IndexFunc(all, func(n namespaceItem) bool { return n.ID == id })
	if i < 0 {
		h.refuse(http.StatusNotFound, codeNoNamespace, "namespaceId [ "+id+" ] not exist")
		return
	}
	h.succeed(all[i])
}

var badSpaceName = regexp.MustCompile(`[@#$%^&*]`)

func (h *web) addNamespaceV3() {
	id, name := h.params.Get("namespaceId"), h.params.Get("namespaceName")
	switch {
	case blank(name):
		h.refuse(http.StatusBadRequest, codeMissing, "required parameter 'namespaceName' is missing")
	case !nameOf(id, ""):
		h.refuse(http.StatusBadRequest, codeBadNamespace, "namespaceId ["+id+"] mismatch the pattern")
	case len(id) > maxSpaceID:
		h.refuse(http.StatusBadRequest, codeBadNamespace, "too long namespaceId, over 128")
	case badSpaceName.MatchString(name):
		h.refuse(http.StatusBadRequest, codeBadNamespace, "namespaceName ["+name+"] contains illegal char")
	case id == "public" || !h.addSpace(id):
		h.refuse(http.StatusBadRequest, codeHasNamespace, "namespaceId ["+id+"] already exist.")
	default:
		h.succeed(true)
	}
}

const maxSpaceID = 128

func (h *web) dropNamespaceV3() {
	if h.asks("namespaceId", "String") {
		h.dropSpace()
		h.succeed(true)
	}
}
