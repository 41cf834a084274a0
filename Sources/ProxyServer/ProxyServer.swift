/// ProxyServer
