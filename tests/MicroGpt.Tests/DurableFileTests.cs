namespace MicroGpt.Tests;

public sealed class DurableFileTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("microgpt").FullName;

    string FilePath => Path.Join(folder, "file");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string[] Files() => [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order()];

    [Fact]
    public void A_file_is_replaced_whole_and_what_a_crash_left_is_overwritten()
    {
        DurableFile.Write(FilePath, stream => stream.Write("old, and longer"u8));
        File.WriteAllText(FilePath + ".part", "left by a crash, longer than what follows");
        DurableFile.Write(FilePath, stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(FilePath));
        Assert.Equal(["file"], Files());
    }

    [Fact]
    public void A_reader_sees_the_old_file_until_the_new_one_is_whole()
    {
        DurableFile.Write(FilePath, stream => stream.Write("old"u8));
        DurableFile.Write(FilePath, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(FilePath));
        });
        Assert.Equal("new", File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        DurableFile.Write(FilePath, stream => stream.Write("old"u8));
        Assert.Throws<FormatException>(() => DurableFile.Write(FilePath, stream =>
        {
            stream.Write("half of the n"u8);
            throw new FormatException();
        }));
        Assert.Equal("old", File.ReadAllText(FilePath));
        Assert.Equal(["file"], Files());

        Directory.CreateDirectory(FilePath + "s");
        Assert.ThrowsAny<SystemException>(() => DurableFile.Write(FilePath + "s", stream => stream.Write("new"u8)));
        Assert.Equal(["file", "files"], Files());
    }

    [Fact]
    public void Two_writers_do_not_mix()
    {
        DurableFile.Write(FilePath, first =>
        {
            first.Write("fir"u8);
            Assert.Throws<IOException>(() => DurableFile.Write(FilePath, second => second.Write("second"u8)));
            first.Write("st"u8);
        });
        Assert.Equal("first", File.ReadAllText(FilePath));
        Assert.Equal(["file"], Files());
    }
}
