using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MicroGpt.Export.Tests;

/// <summary>The exported files in a folder outside this repository, and what runs them.</summary>
public sealed class Exports : IDisposable
{
    readonly Lazy<DrawnDocuments> dotnet, node, chromium;

    public Exports()
    {
        foreach (var model in ExportedModel.All)
        {
            File.WriteAllText(At("Exports", model.Name + ".cs"), model.CSharp.Text);
            const string inside = "export { forward, softmax, layers };\n";
            File.WriteAllText(At("web", model.Name + ".js"), model.JavaScript.Text + inside);
        }
        Take("Exports", "Exports.csproj");
        Take("Draw", "Draw.csproj", "Program.cs");
        Take("web", "draw.js", "node.js", "index.html");
        File.WriteAllText(At("web", "package.json"), """{ "type": "module" }""");
        File.WriteAllText(At("web", "requests.json"), ExportedModel.Requests);
        (dotnet, node, chromium) = (new(RunDotnet), new(RunNode), new(RunChromium));
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("microgpt").FullName;

    internal DrawnDocuments Dotnet => dotnet.Value;

    internal DrawnDocuments Node => node.Value;

    internal DrawnDocuments Chromium => chromium.Value;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>A program that is installed here, if one of these is.</summary>
    internal static string? Installed(params string[] names) => names
        .SelectMany(name => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Select(folder => Path.Join(folder, name)))
        .FirstOrDefault(File.Exists);

    DrawnDocuments RunDotnet()
    {
        var built = Run.Start(At("Draw"), "dotnet", "build", "-nologo", "-v", "q", "-o", At("bin"));
        Assert.True(built.ExitCode == 0, built.Text);
        var current = Run.Start(At("Exports"), "dotnet", "build", "-nologo", "-v", "q", "-f", "net10.0");
        Assert.True(current.ExitCode == 0, current.Text);
        var run = Run.Start(At("bin"), "dotnet", "Draw.dll", At("web", "requests.json"));
        Assert.True(run.ExitCode == 0, run.Stderr);
        return new(run.Text);
    }

    DrawnDocuments RunNode()
    {
        var program = Installed("node", "nodejs");
        Assert.SkipWhen(program == null, "there is no Node.js on this machine");
        var run = Run.Start(At("web"), program!, "node.js");
        Assert.True(run.ExitCode == 0, run.Stderr);
        return new(run.Text);
    }

    // A browser reads the files from a server, and posts its answers there.
    DrawnDocuments RunChromium()
    {
        var program = Installed("chromium", "chromium-browser", "google-chrome");
        Assert.SkipWhen(program == null, "there is no Chromium on this machine");
        using var server = new HttpListener();
        var address = $"http://localhost:{FreePort()}/";
        server.Prefixes.Add(address);
        server.Start();
        var start = new ProcessStartInfo(program!,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + At("profile"), address + "index.html",
        ])
        {
            RedirectStandardError = true,
        };
        using var browser = Process.Start(start)!;
        browser.ErrorDataReceived += (_, _) => { };
        browser.BeginErrorReadLine();
        try
        {
            return new(Serve(server).WaitAsync(TimeSpan.FromMinutes(5)).GetAwaiter().GetResult());
        }
        finally
        {
            browser.Kill(entireProcessTree: true);
            browser.WaitForExit();
        }
    }

    async Task<string> Serve(HttpListener server)
    {
        while (true)
        {
            var context = await server.GetContextAsync();
            var file = Path.Join(At("web"), Path.GetFileName(context.Request.Url!.AbsolutePath));
            if (context.Request.HttpMethod == "POST")
            {
                using var reader = new StreamReader(context.Request.InputStream);
                var answers = await reader.ReadToEndAsync();
                context.Response.Close();
                return answers;
            }
            context.Response.ContentType = Path.GetExtension(file) switch
            {
                ".js" => "text/javascript",
                ".html" => "text/html",
                _ => "application/json",
            };
            context.Response.StatusCode = File.Exists(file) ? 200 : 404;
            context.Response.Close(File.Exists(file) ? File.ReadAllBytes(file) : [], willBlock: true);
        }
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    string At(string folder, string file = "")
    {
        Directory.CreateDirectory(Path.Join(Folder, folder));
        return Path.Join(Folder, folder, file);
    }

    void Take(string folder, params string[] files)
    {
        foreach (var file in files)
        {
            File.Copy(Path.Join(AppContext.BaseDirectory, "Programs", file), At(folder, file));
        }
    }
}
