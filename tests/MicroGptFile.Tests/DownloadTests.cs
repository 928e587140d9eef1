using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MicroGptFile.Tests;

/// <summary>The download, from a server on this machine that answers as it is told.</summary>
public sealed class DownloadTests(DownloadTests.Server server) : IClassFixture<DownloadTests.Server>, IDisposable
{
    const string url = "https://raw.githubusercontent.com/karpathy/makemore/988aa59/names.txt";

    readonly TheFile file = new TheFile().With(("numSteps", "1"))
        .Replace(url, $"http://127.0.0.1:{server.Port}/names.txt");

    public void Dispose() => file.Dispose();

    [Fact]
    public void A_names_file_is_kept_whole_and_used()
    {
        var run = Answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nanna\nbob\n");
        Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
        Assert.StartsWith("num docs: 2\n", run.Text);
        Assert.Equal("anna\nbob\n", File.ReadAllText(Path.Join(file.Folder, "input.txt")));
        AssertFiles("input.txt");
    }

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot here\n")]
    [InlineData("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nanna\nbob\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nanna\nbob\n\r\n")]
    [InlineData("this is not HTTP\r\n\r\n")]
    [InlineData("")]
    public void A_bad_answer_leaves_nothing_behind(string answer)
    {
        Answer(answer).AssertFails("no input.txt", "no download");
        AssertFiles();
    }

    [Fact]
    public void A_server_that_never_answers_is_given_ten_seconds()
    {
        server.Answer = null;
        var watch = Stopwatch.StartNew();
        file.Run().AssertFails("no input.txt", "no download");
        Assert.True(watch.Elapsed > TimeSpan.FromSeconds(9), $"gave up after {watch.Elapsed}");
        AssertFiles();
    }

    [Fact]
    public void Without_any_server_the_names_beside_the_file_serve_or_nothing_does()
    {
        using var offline = new TheFile().With(("numSteps", "1")).Replace(url, "http://127.0.0.1:1/names.txt");
        offline.Run().AssertFails("no input.txt", "no download");
        Assert.Empty(Directory.GetFiles(offline.Folder));

        var data = Path.Join(Path.GetDirectoryName(offline.Copy()), "data");
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Join(data, "names.txt"), "carl\ndora\nedna\n");
        var run = offline.Run();
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("num docs: 3\n", run.Text);
        Assert.Contains(Path.Join(data, "names.txt"), Assert.Single(run.Stderr.TrimEnd().Split('\n')));
        Assert.Empty(Directory.GetFiles(offline.Folder));
    }

    Run Answer(string answer)
    {
        (server.Answer, server.Requests) = (answer, 0);
        var run = file.Run();
        Assert.True(server.Requests > 0, "the download was not tried");
        return run;
    }

    void AssertFiles(params string[] names) =>
        Assert.Equal(names, Directory.GetFiles(file.Folder).Select(Path.GetFileName));

    public sealed class Server : IDisposable
    {
        readonly TcpListener listener = new(IPAddress.Loopback, 0);
        readonly List<TcpClient> silent = [];

        public Server()
        {
            listener.Start();
            new Thread(Serve) { IsBackground = true }.Start();
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        /// <summary>What every request is answered; null is silence.</summary>
        public string? Answer { get; set; }

        public int Requests { get; set; }

        public void Dispose()
        {
            listener.Dispose();
            silent.ForEach(client => client.Dispose());
        }

        void Serve()
        {
            while (true)
            {
                try
                {
                    var client = listener.AcceptTcpClient();
                    Requests++;
                    if (Answer == null)
                    {
                        silent.Add(client);
                        continue;
                    }
                    using var stream = client.GetStream();
                    stream.ReadExactly(new byte[3]); // GET
                    stream.Write(Encoding.ASCII.GetBytes(Answer));
                    client.Client.Shutdown(SocketShutdown.Send);
                    stream.CopyTo(Stream.Null);
                }
                catch (IOException)
                {
                    // The client hung up first.
                }
                catch (SocketException)
                {
                    return; // disposed
                }
            }
        }
    }
}
