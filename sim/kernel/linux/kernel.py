"""Linux 2.6.35: system-call paths over kernel objects, each with the sharing its fixes choose.

Stock and PK are this one class; a fix chooses another implementation of one object and acts
through nothing else (OSDI'10 Figure 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine import isa
from sim.engine.assembler import Assembler
from sim.kernel.linux.address_space import SharedAddressSpace
from sim.kernel.linux.dentry import Dentries, LockedComparison, LockFreeComparison
from sim.kernel.linux.inode_mutex import InodeMutex
from sim.kernel.linux.mount_table import GlobalMountTable, PerCoreMountTable
from sim.kernel.linux.open_file_list import OpenFileList
from sim.kernel.linux.page_fault import PageFaults
from sim.kernel.linux.reference_count import ReferenceCount
from sim.kernel.linux.superpage import SuperPages
from sim.kernel.population import ALONE, Population
from sim.machine.memory import DramStream

if TYPE_CHECKING:
    from sim.config.schema.kernel import Kernel
    from sim.machine.site import Site


class Linux:
    """The kernel objects of one simulation, and the system calls on them.

    Args:
        asm: program that the objects' lines belong to.
        kernel: objects' numbers and fixes.
        site: machine and active cores.
        population: how many of each object the workload uses.
    """

    def __init__(
        self, asm: Assembler, kernel: Kernel, site: Site, population: Population = ALONE
    ) -> None:
        objects, fix = kernel.objects, kernel.fix
        sloppy = objects.sloppy_counter
        components = objects.dentry.shared_components
        table = PerCoreMountTable if fix.vfsmount_table else GlobalMountTable
        comparison = LockFreeComparison if fix.dentry_lock else LockedComparison
        self.mount_table = table(asm, objects.vfsmount_table)
        self.mounts = ReferenceCount(
            asm, "vfsmount", site.cores, 1, sloppy if fix.vfsmount_refcount else None
        )
        self.dentries = Dentries(
            objects.dentry,
            comparison(asm, objects.dentry),
            ReferenceCount(
                asm,
                "dentry_refcount",
                site.cores,
                components,
                sloppy if fix.dentry_refcount else None,
            ),
        )
        self.open_files = OpenFileList(asm, objects.open_file_list, site.cores, fix.open_file_list)
        self.directory = InodeMutex(
            asm, "directory", objects.directory, objects.mutex, population.directories
        )
        self.file = InodeMutex(asm, "shared_file", objects.file_append, objects.mutex)
        self.page_faults = PageFaults(asm, objects, site, not fix.page_false_sharing)
        self.address_space = SharedAddressSpace(asm, objects.address_space)
        self.stream = DramStream(asm, site, self.page_faults.memory)
        self.super_pages = SuperPages(asm, kernel, site, self.stream)
        self.fork_lines = objects.processes.fork_lines

    def look_up_path(self, asm: Assembler) -> None:
        """Resolve a path name: mount table, dentries, and a reference to the mount."""
        self.mount_table.look_up(asm)
        self.mounts.get(asm, isa.NONE)
        self.dentries.walk(asm)
        self.mounts.put(asm, isa.NONE)

    def open_and_close(self, asm: Assembler) -> None:
        """Add a file to the list of open files, and remove it; its path is resolved apart."""
        self.open_files.edit(asm)
        self.open_files.edit(asm)

    def change_directory_entry(self, asm: Assembler, directory: int) -> None:
        """Create, rename or unlink an entry of the directory whose number is in a register."""
        self.directory.update(asm, directory)

    def append_to_shared_file(self, asm: Assembler) -> None:
        """Append a record to the one file that all processes append to."""
        self.file.update(asm)

    def fork_and_exit(self, asm: Assembler) -> None:
        """Create a process and end it, as far as it touches lines of other cores."""
        with asm.at("process"):
            asm.emit(isa.BULK, value=self.fork_lines)

    def touch_pages(self, asm: Assembler, pages: int, remote: float) -> None:
        """Touch fresh pages of a private address space."""
        self.page_faults.fault(asm, pages, remote)

    def touch_shared_page(self, asm: Assembler) -> None:
        """Touch a fresh page of the address space that the threads of all cores share."""
        self.address_space.enter_fault(asm)
        self.page_faults.fault(asm, 1, remote=0.0)
        self.address_space.leave_fault(asm)

    def touch_super_page(self, asm: Assembler) -> None:
        """Touch a fresh super-page of that address space."""
        self.address_space.enter_fault(asm)
        self.super_pages.fault(asm)
        self.address_space.leave_fault(asm)
        self.super_pages.refill(asm)
