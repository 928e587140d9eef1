using System.Diagnostics;
using System.Net;

namespace MicroGpt.Explorer.Tests;

/// <summary>The page as it is published, served by the plainest of servers below a path of its own.</summary>
sealed class Site : IDisposable
{
    const string Below = "/some/where/";

    static readonly Dictionary<string, string> types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css",
        [".js"] = "text/javascript",
        [".json"] = "application/json",
        [".svg"] = "image/svg+xml",
        [".wasm"] = "application/wasm",
    };

    readonly HttpListener listener;
    readonly string root;

    public Site()
    {
        root = Path.Join(Published(), "wwwroot");
        (listener, var origin) = Listen();
        Address = origin + Below;
        _ = ServeAsync();
    }

    /// <summary>Where the page is.</summary>
    public string Address { get; }

    /// <summary>The bytes that a browser loads, compressed.</summary>
    public long Transferred { get; private set; }

    public void Dispose() => listener.Stop();

    // Once for all tests of a build: publishing again takes a while, though it is told that nothing changed.
    static string Published()
    {
        var folder = Path.Join(AppContext.BaseDirectory, "published");
        var start = new ProcessStartInfo("dotnet", ["publish", Path.Join(Repository.Root, "src", "MicroGpt.Explorer"),
            "-c", "Release", "-o", folder, "-v", "q", "--nologo"])
        { RedirectStandardOutput = true };
        using var publish = Process.Start(start)!;
        var said = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        Assert.True(publish.ExitCode == 0, said);
        return folder;
    }

    // On a port that nobody has.
    static (HttpListener Listener, string Origin) Listen()
    {
        while (true)
        {
            var listener = new HttpListener();
            try
            {
                var origin = $"http://localhost:{Random.Shared.Next(20_000, 60_000)}";
                listener.Prefixes.Add(origin + "/");
                listener.Start();
                return (listener, origin);
            }
            catch (HttpListenerException)
            {
                listener.Close();
            }
        }
    }

    async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            await AnswerAsync(context);
        }
    }

    async Task AnswerAsync(HttpListenerContext context)
    {
        var (path, response) = (context.Request.Url!.AbsolutePath, context.Response);
        var name = path.StartsWith(Below, StringComparison.Ordinal) ? path[Below.Length..] : "?";
        var file = Path.Join(root, name.Length == 0 ? "index.html" : name);
        if (!File.Exists(file))
        {
            response.StatusCode = 404;
            response.Close();
            return;
        }
        response.ContentType = types.GetValueOrDefault(Path.GetExtension(file), "application/octet-stream");
        if (File.Exists(file + ".br"))
        {
            file += ".br";
            response.AddHeader("Content-Encoding", "br");
        }
        var bytes = await File.ReadAllBytesAsync(file);
        Transferred += bytes.Length;
        response.ContentLength64 = bytes.Length;
        await response.OutputStream.WriteAsync(bytes);
        response.Close();
    }
}
