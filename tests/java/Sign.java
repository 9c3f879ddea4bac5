import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;

/** Loads a keystore as an application does, takes the key by its alias, signs, and verifies with its certificate. */
class Sign {
    public static void main(String[] arguments) throws Exception {
        String type = arguments[0], file = arguments[1], password = arguments[2], alias = arguments[3];
        KeyStore store = KeyStore.getInstance(type);
        try (FileInputStream in = new FileInputStream(file)) {
            store.load(in, password.toCharArray());
        }
        PrivateKey key = (PrivateKey) store.getKey(alias, password.toCharArray());
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update("message".getBytes());
        byte[] signed = signature.sign();
        signature.initVerify(store.getCertificate(alias));
        signature.update("message".getBytes());
        System.out.println(signature.verify(signed) + " " + store.getCertificateChain(alias).length);
    }
}
