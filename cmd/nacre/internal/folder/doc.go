// Package folder stores configs as plain files in a folder, one for each config, with a list of
// them in nacre-export.yaml that has their metadata and the md5 that they had on the server. The
// file of a config is GROUP/DATA-ID; characters that a file system does not allow are written as
// %XX. Names come from a server, so none may lead out of the folder.
package folder
