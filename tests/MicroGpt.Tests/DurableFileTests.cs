using System.Diagnostics;

namespace MicroGpt.Tests;

public sealed class DurableFileTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("microgpt").FullName;

    string FilePath => Path.Join(folder, "file");

    string Draft => FilePath + ".saving";

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string[] Files() => [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order()];

    // What these tests write begins with a colon; nothing else is theirs.
    static bool IsOurs(Stream stream) => stream.ReadByte() == ':';

    static void Write(string path, string content) => DurableFile.Write(path, IsOurs, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(content);
    });

    [Fact]
    public void A_file_is_replaced_whole_and_what_a_crash_left_is_overwritten()
    {
        Write(FilePath, ":old, and longer");
        File.WriteAllText(Draft, ":left by a crash, longer than what follows");
        Write(FilePath, ":new");
        Assert.Equal(":new", File.ReadAllText(FilePath));
        Assert.Equal(["file"], Files());
    }

    [Fact]
    public void A_reader_sees_the_old_file_until_the_new_one_is_whole()
    {
        Write(FilePath, ":old");
        DurableFile.Write(FilePath, IsOurs, stream =>
        {
            stream.Write(":new"u8);
            stream.Flush();
            Assert.Equal(":old", File.ReadAllText(FilePath));
        });
        Assert.Equal(":new", File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        Write(FilePath, ":old");
        Assert.Throws<FormatException>(() => DurableFile.Write(FilePath, IsOurs, stream =>
        {
            stream.Write(":half of the n"u8);
            throw new FormatException();
        }));
        Assert.Equal(":old", File.ReadAllText(FilePath));
        Assert.Equal(["file"], Files());

        Directory.CreateDirectory(FilePath + "s");
        Assert.Throws<IOException>(() => Write(FilePath + "s", ":new"));
        Assert.Equal(["file", "files"], Files());
    }

    [Fact]
    public void Two_writers_do_not_mix()
    {
        DurableFile.Write(FilePath, IsOurs, first =>
        {
            first.Write(":fir"u8);
            first.Flush();
            Assert.Throws<IOException>(() => Write(FilePath, ":second"));
            first.Write("st"u8);
        });
        Assert.Equal(":first", File.ReadAllText(FilePath));
        Assert.Equal(["file"], Files());
    }

    [Fact]
    public async Task Many_writers_leave_one_whole_file()
    {
        var contents = Enumerable.Range(0, 4)
            .Select(i => ":" + new string((char)('a' + i), 100_000 + 1000 * i)).ToArray();
        Write(FilePath, contents[0]);
        await Task.WhenAll(contents.Select(content => Task.Run(() =>
        {
            for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1);)
            {
                try
                {
                    Write(FilePath, content);
                }
                catch (IOException)
                {
                    // another writer holds the draft
                }
                Assert.Contains(Read(), contents);
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(["file"], Files());

        // A writer that opened a draft just before it was renamed holds the lock of the whole file for an instant.
        string Read()
        {
            while (true)
            {
                try
                {
                    return File.ReadAllText(FilePath);
                }
                catch (IOException e) when (e is not FileNotFoundException)
                {
                    Thread.Yield();
                }
            }
        }
    }

    public static TheoryData<string> Foreign => ["text", "folder", "link", "dangling link", "pipe"];

    [Theory, MemberData(nameof(Foreign))]
    public void What_is_not_ours_stays_as_it_is_and_the_write_is_refused(string kind)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() && kind is "link" or "dangling link" or "pipe", "Unix only");
        Write(FilePath, ":old");
        var other = Path.Join(folder, "other");
        File.WriteAllText(other, ":ours, but behind a link");
        switch (kind)
        {
            case "text": File.WriteAllText(Draft, "precious"); break;
            case "folder": Directory.CreateDirectory(Draft); break;
            case "link": File.CreateSymbolicLink(Draft, other); break;
            case "dangling link": File.CreateSymbolicLink(Draft, Path.Join(folder, "nowhere")); break;
            default: Process.Start("mkfifo", Draft).WaitForExit(); break;
        }
        Action[] attempts = [() => Write(FilePath, ":new"), () => DurableFile.Verify(FilePath, IsOurs)];
        foreach (var write in attempts)
        {
            var error = Assert.Throws<IOException>(write);
            Assert.Equal($"{Draft}: is in the way: a save writes there first; rename or delete it", error.Message);
            Assert.Equal(":old", File.ReadAllText(FilePath));
            Assert.Equal(["file", "file.saving", "other"], Files());
            Assert.Equal(":ours, but behind a link", File.ReadAllText(other));
        }
        if (kind == "text")
        {
            Assert.Equal("precious", File.ReadAllText(Draft));
        }
    }

    [Fact]
    public void A_symbolic_link_stays_and_its_target_is_replaced()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a privilege there");
        var away = Directory.CreateDirectory(Path.Join(folder, "away")).FullName;
        var target = Path.Join(away, "target");
        File.CreateSymbolicLink(FilePath, target); // to what is not there yet
        File.CreateSymbolicLink(FilePath + "2", FilePath);
        foreach (var (path, content) in new[] { (FilePath, ":one"), (FilePath + "2", ":two") })
        {
            Write(path, content);
            Assert.Equal(content, File.ReadAllText(target));
            Assert.Equal(target, new FileInfo(FilePath).LinkTarget);
            Assert.Equal(FilePath, new FileInfo(FilePath + "2").LinkTarget);
            Assert.Single(Directory.GetFileSystemEntries(away));
        }
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)]
    public void The_mode_stays(UnixFileMode mode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix only");
        Write(FilePath, ":old");
#pragma warning disable CA1416 // skipped above
        File.SetUnixFileMode(FilePath, mode);
        Write(FilePath, ":new");
        Assert.Equal(mode, File.GetUnixFileMode(FilePath));
        DurableFile.Verify(FilePath, IsOurs);
        Assert.Equal(mode, File.GetUnixFileMode(FilePath));
#pragma warning restore CA1416
        Assert.Equal(":new", File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_write_protected_file_is_refused()
    {
        Write(FilePath, ":old");
        File.SetAttributes(FilePath, FileAttributes.ReadOnly);
        try
        {
            Assert.Throws<IOException>(() => Write(FilePath, ":new"));
            Assert.Throws<IOException>(() => DurableFile.Verify(FilePath, IsOurs));
        }
        finally
        {
            File.SetAttributes(FilePath, FileAttributes.Normal);
        }
        Assert.Equal(["file"], Files());
    }

    [Fact]
    public void A_pipe_is_not_replaced()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix only");
        Process.Start("mkfifo", FilePath).WaitForExit();
        Assert.Throws<IOException>(() => Write(FilePath, ":new"));
        Assert.Equal(["file"], Files());
    }

    [Fact]
    public void A_device_is_not_replaced()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.UserName == "root", "only root of Linux makes devices");
        Process.Start("mknod", [FilePath, "c", "1", "3"]).WaitForExit(); // as /dev/null, here where no harm is done
        File.CreateSymbolicLink(FilePath + "2", FilePath);
        Assert.All([FilePath, FilePath + "2"], path =>
        {
            Assert.Throws<IOException>(() => Write(path, ":new"));
            Assert.Throws<IOException>(() => DurableFile.Verify(path, IsOurs));
        });
        Assert.Equal(["file", "file2"], Files());
        Assert.Equal("", File.ReadAllText(FilePath)); // still the device: a file would have content
    }

    [Fact]
    public void Verifying_leaves_no_trace()
    {
        DurableFile.Verify(FilePath, IsOurs);
        Assert.Empty(Files());
        Write(FilePath, ":old");
        var before = File.GetLastWriteTimeUtc(FilePath);
        DurableFile.Verify(FilePath, IsOurs);
        Assert.Equal(before, File.GetLastWriteTimeUtc(FilePath));
        Assert.Equal(["file"], Files());
        Assert.Throws<DirectoryNotFoundException>(() => DurableFile.Verify(Path.Join(folder, "none", "file"), IsOurs));
    }
}
