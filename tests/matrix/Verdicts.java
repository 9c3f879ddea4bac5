import java.io.*;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.util.*;
import javax.net.ssl.*;

/**
 * What Java makes of each case: of the certificates the trust manager that HTTPS uses, of the keystores KeyStore.
 *
 * java Verdicts.java FOLDER, "NAME HOST" lines on standard input; prints NAME, accept or reject, and the reason, between tabs.
 */
public class Verdicts {
    static final char[] PASSWORD = "changeit".toCharArray();

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        X509Certificate root = chain(folder.resolve("ca.crt"))[0];
        for (String line : new String(System.in.readAllBytes()).trim().split("\n")) {
            String name = line.split(" ")[0], host = line.split(" ")[1];
            String verdict = "accept", reason = "";
            try {
                Path store = folder.resolve(name).resolve("server.jks");
                if (Files.exists(store)) keystore(store); else judge(root, folder.resolve(name), host);
            } catch (Exception error) {
                verdict = "reject";
                reason = causes(error);
            }
            System.out.println(name + "\t" + verdict + "\t" + reason.replaceAll("\\s+", " "));
        }
    }

    static String causes(Throwable error) {
        StringBuilder told = new StringBuilder();
        for (Throwable cause = error; cause != null; cause = cause.getCause())
            told.append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage()).append("; ");
        return told.toString();
    }

    static void keystore(Path path) throws Exception {
        KeyStore store = KeyStore.getInstance("JKS");
        try (InputStream in = Files.newInputStream(path)) { store.load(in, PASSWORD); }
        for (String alias : Collections.list(store.aliases())) store.getKey(alias, PASSWORD);
    }

    static X509Certificate[] chain(Path path) throws Exception {
        try (InputStream in = Files.newInputStream(path)) {
            Collection<? extends Certificate> found = CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (found.isEmpty()) throw new CertificateException("no certificate in the file");
            return found.toArray(new X509Certificate[0]);
        }
    }

    static void judge(X509Certificate root, Path folder, String host) throws Exception {
        X509Certificate[] chain = chain(folder.resolve("server.fullchain.crt"));
        PKIXBuilderParameters parameters =
            new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), new X509CertSelector());
        parameters.setRevocationEnabled(false);
        Path list = folder.resolve("ca.crl");
        if (Files.exists(list)) {
            try (InputStream in = Files.newInputStream(list)) {
                CRL crl = CertificateFactory.getInstance("X.509").generateCRL(in);
                parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(List.of(crl))));
            }
            parameters.setRevocationEnabled(true);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(new CertPathTrustManagerParameters(parameters));
        X509ExtendedTrustManager judge = (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        String type = chain[0].getPublicKey().getAlgorithm().equals("RSA") ? "ECDHE_RSA" : "ECDHE_ECDSA";
        judge.checkServerTrusted(chain, type, new Engine(host));
        proves(folder.resolve("server.key"), chain[0].getPublicKey());
    }

    /** What the handshake does with the key: the server signs, the client verifies. */
    static void proves(Path path, PublicKey publicKey) throws Exception {
        String body = Files.readString(path).replaceAll("-----[^-]+-----|\\s", "");
        KeyFactory factory = KeyFactory.getInstance(publicKey.getAlgorithm());
        PrivateKey key = factory.generatePrivate(
            new java.security.spec.PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
        Signature signature =
            Signature.getInstance(key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
        signature.initSign(key);
        signature.update(body.getBytes());
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update(body.getBytes());
        if (!signature.verify(signed)) throw new SSLHandshakeException("Invalid CertificateVerify signature");
    }

    /** A client in the middle of its handshake, as far as the trust manager looks at it: the host and the rules. */
    static class Engine extends SSLEngine {
        final SSLSession session;

        Engine(String host) {
            super(host, 443);
            session = (SSLSession) java.lang.reflect.Proxy.newProxyInstance(
                Verdicts.class.getClassLoader(), new Class<?>[] { SSLSession.class },
                (proxy, method, values) -> switch (method.getName()) {
                    case "getPeerHost" -> host;
                    case "getProtocol" -> "TLSv1.2";
                    default -> null;
                });
        }

        public SSLSession getHandshakeSession() { return session; }
        public SSLParameters getSSLParameters() {
            SSLParameters parameters = new SSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            return parameters;
        }
        public SSLSession getSession() { return session; }
        public SSLEngineResult wrap(ByteBuffer[] from, int offset, int length, ByteBuffer to) { return null; }
        public SSLEngineResult unwrap(ByteBuffer from, ByteBuffer[] to, int offset, int length) { return null; }
        public Runnable getDelegatedTask() { return null; }
        public void closeInbound() { }
        public boolean isInboundDone() { return false; }
        public void closeOutbound() { }
        public boolean isOutboundDone() { return false; }
        public String[] getSupportedCipherSuites() { return new String[0]; }
        public String[] getEnabledCipherSuites() { return new String[0]; }
        public void setEnabledCipherSuites(String[] suites) { }
        public String[] getSupportedProtocols() { return new String[0]; }
        public String[] getEnabledProtocols() { return new String[0]; }
        public void setEnabledProtocols(String[] protocols) { }
        public void beginHandshake() { }
        public SSLEngineResult.HandshakeStatus getHandshakeStatus() { return null; }
        public void setUseClientMode(boolean mode) { }
        public boolean getUseClientMode() { return true; }
        public void setNeedClientAuth(boolean need) { }
        public boolean getNeedClientAuth() { return false; }
        public void setWantClientAuth(boolean want) { }
        public boolean getWantClientAuth() { return false; }
        public void setEnableSessionCreation(boolean flag) { }
        public boolean getEnableSessionCreation() { return true; }
    }
}
