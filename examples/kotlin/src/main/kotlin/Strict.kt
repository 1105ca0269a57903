import kotlinx.serialization.Serializable
import kotlinx.serialization.json.Json
import okhttp3.OkHttpClient

/** A token pair, declared by hand as in an old app. */
@Serializable private data class Tokens(val access_token: String, val refresh_token: String)

private val strict = Json { ignoreUnknownKeys = false }

/**
 * The same scenario. It also decodes every token pair with a strict decoder, which rejects unknown members
 * as old clients do.
 */
fun main() {
    var decoded = 0
    val decodeTokens = OkHttpClient.Builder().addInterceptor { chain ->
        val response = chain.proceed(chain.request())
        val path = chain.request().url.encodedPath
        if (response.isSuccessful && path in listOf("/auth/login", "/auth/refresh")) {
            strict.decodeFromString<Tokens>(response.peekBody(Long.MAX_VALUE).string())
            decoded += 1
        }
        response
    }
    scenario(decodeTokens.build())
    check(decoded == 3) { "decoded $decoded token pairs" }
}
